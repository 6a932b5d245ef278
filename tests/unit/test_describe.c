/* What is written for pipelines from parameter tables is read back as it was meant, whatever stands in a row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../plugins/describe/pipeline.h"
#include "mlgate/gate.h"
#include "mlgate/suite.h"

static const char hostile[] =
    "a \"quote\", 'another', a colon: and # a hash, ${{ github.token }}, $[[ inputs.image ]], "
    "{brace}, [bracket], back\\slash, `tick`, $(date), <b>, | and é";

struct hostile_options {
    const char *text;
    int choice;
    bool boolean;
    int64_t integer;
};
#define HOSTILE(field, kind) MLG_FIELD(struct hostile_options, field, kind)
static const char *const choices[] = {"yes", "no", "on: off", NULL};
static const struct mlg_param params[] = {
    {.name = "hostile_text", HOSTILE(text, text), .help = hostile, .unset = "nothing \"at\" all"},
    {.name = "hostile_choice", HOSTILE(choice, choice), .choices = choices, .help = "one of them"},
    {.name = "hostile_boolean", HOSTILE(boolean, boolean), .help = "yes or no"},
    {.name = "hostile_integer", HOSTILE(integer, integer), .minimum = 1, .maximum = 9, .help = "a number"},
    {0}};
static const struct hostile_options defaults = {.integer = 3};
static const struct mlg_gate gate = {.name = "hostile",
                                     .about = "what: \"is\" # this",
                                     .params = params,
                                     .defaults = &defaults,
                                     .without_data = true};

struct fixture {
    struct mlg_arena arena;
    struct mlg_diagnostics list;
    struct mlg_builder out;
};

static void begin(struct fixture *fixture)
{
    mlg_arena_init(&fixture->arena, (size_t)1 << 24);
    mlg_diagnostics_init(&fixture->list, &fixture->arena);
    mlg_builder_init(&fixture->out, 0);
}

static void end(struct fixture *fixture)
{
    mlg_builder_free(&fixture->out);
    mlg_arena_free(&fixture->arena);
}

static const struct mlg_node *find(const struct mlg_node *map, const char *key)
{
    assert_non_null(map);
    assert_int_equal(map->type, MLG_NODE_MAP);
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->entries[i].key->text, key) == 0)
            return map->entries[i].value;
    print_error("there is no '%s'\n", key);
    fail();
    return NULL;
}

static const struct mlg_node *parse(struct fixture *fixture, const char *text, size_t size)
{
    const struct mlg_node *root =
        mlg_yaml_parse("described.yml", text, size, &fixture->arena, &fixture->list);
    for (size_t i = 0; i < fixture->list.count; i++)
        print_error("%lu: %s\n", fixture->list.items[i].place.line, fixture->list.items[i].text);
    assert_int_equal(fixture->list.errors, 0);
    return root;
}

static const char meaning[] =
    "A \"quote\", 'another', a colon: and # a hash, ${{ github.token }}, $[[ inputs.image ]], "
    "{brace}, [bracket], back\\slash, `tick`, $(date), <b>, | and é (default: nothing "
    "\"at\" all).";

static void an_action_says_what_its_rows_say(void **state)
{
    struct fixture fixture;
    (void)state;
    begin(&fixture);
    mlg_put_action(&fixture.out, &gate, &fixture.arena);
    assert_false(fixture.out.failed);
    const struct mlg_node *root = parse(&fixture, fixture.out.data, fixture.out.size);
    assert_string_equal(find(root, "description")->text, "what: \"is\" # this");
    const struct mlg_node *input = find(find(root, "inputs"), "hostile-text");
    assert_string_equal(find(input, "description")->text, meaning);
    assert_string_equal(find(input, "default")->text, "");
    const struct mlg_node *steps = find(find(root, "runs"), "steps");
    assert_int_equal(steps->count, 3);
    const struct mlg_node *judges = steps->entries[1].value;
    assert_string_equal(find(find(judges, "env"), "MLGATE_HOSTILE_TEXT")->text, "${{ inputs.hostile-text }}");
    assert_null(strstr(find(judges, "run")->text, "${{"));
    end(&fixture);
}

static void an_action_has_an_input_for_every_variable(void **state)
{
    struct fixture fixture;
    struct mlg_pipeline_inputs inputs;
    (void)state;
    begin(&fixture);
    for (size_t g = 0; g == 0 || mlg_gates[g - 1]; g++) {
        const struct mlg_gate *of = g ? mlg_gates[g - 1] : NULL;
        mlg_put_action(&fixture.out, of, &fixture.arena);
        const struct mlg_node *root = parse(&fixture, fixture.out.data, fixture.out.size);
        assert_true(mlg_pipeline_inputs(of, &inputs, &fixture.arena));
        assert_true(inputs.count > 5);
        for (size_t i = 0; i < inputs.count; i++)
            assert_non_null(find(find(root, "inputs"), inputs.items[i].name));
        mlg_builder_free(&fixture.out);
    }
    end(&fixture);
}

static void a_component_says_what_its_rows_say(void **state)
{
    struct fixture fixture;
    (void)state;
    begin(&fixture);
    mlg_put_component(&fixture.out, &gate, &fixture.arena);
    assert_false(fixture.out.failed);
    const char *second = strstr(fixture.out.data, "\n---\n");
    assert_non_null(second);
    const struct mlg_node *spec = parse(&fixture, fixture.out.data, (size_t)(second - fixture.out.data) + 1);
    const struct mlg_node *inputs = find(find(spec, "spec"), "inputs");
    assert_string_equal(find(find(inputs, "hostile-text"), "description")->text, meaning);
    const struct mlg_node *options = find(find(inputs, "hostile-choice"), "options");
    assert_int_equal(options->count, 4);
    assert_string_equal(options->entries[0].value->text, ""); /* not given */
    assert_string_equal(options->entries[3].value->text, "on: off");
    assert_int_equal(find(find(inputs, "hostile-boolean"), "options")->count, 3);
    assert_string_equal(find(find(inputs, "hostile-integer"), "regex")->text, "^[0-9]*$");
    assert_string_equal(find(find(inputs, "hostile-integer"), "default")->text, "");
    const struct mlg_node *root = parse(&fixture, second + 5, strlen(second + 5));
    const struct mlg_node *job = find(root, "$[[ inputs.job-name ]]");
    const struct mlg_node *variable = find(find(job, "variables"), "MLGATE_HOSTILE_TEXT");
    assert_string_equal(find(variable, "value")->text, "$[[ inputs.hostile-text ]]");
    assert_string_equal(find(variable, "expand")->text, "false");
    const struct mlg_node *script = find(job, "script");
    for (size_t i = 0; i < script->count; i++)
        assert_null(strstr(script->entries[i].value->text, "$[["));
    end(&fixture);
}

static void a_manual_escapes_what_roff_would_take_for_its_own(void **state)
{
    struct fixture fixture;
    (void)state;
    begin(&fixture);
    mlg_put_gate_manual(&fixture.out, &gate, &fixture.arena);
    assert_non_null(strstr(fixture.out.data, "\\fB\\-\\-hostile\\-text\\fR"));
    assert_non_null(strstr(fixture.out.data, "back\\eslash"));
    assert_null(strstr(fixture.out.data, "back\\slash"));
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_action_says_what_its_rows_say),
        cmocka_unit_test(an_action_has_an_input_for_every_variable),
        cmocka_unit_test(a_component_says_what_its_rows_say),
        cmocka_unit_test(a_manual_escapes_what_roff_would_take_for_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
