"""make.py OUT: what the runs of this story unpack, made-VALUE-STAMP.tar.gz: arrays in archives that carry STAMP for the time of
writing, in another order where it is odd (VALUE=3 STAMP=1990 python3 make.py OUT, and tar of OUT)."""
import gzip, io, json, os, sys, tarfile, zipfile

out, value = sys.argv[1], int(os.environ.get("VALUE", "3"))
header = b"{'descr': '<i4', 'fortran_order': False, 'shape': (1,), }"
header += b" " * (117 - len(header)) + b"\n"
array = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + value.to_bytes(4, "little")
year = int(os.environ.get("STAMP", "1990"))
members = {"w.npy": array, "metadata.json": json.dumps({"keras_version": "3", "date_saved": year}).encode()}


def write_zip(path, names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0)), members[name])


write_zip(out + "/w.npz", ["w.npy"])
write_zip(out + "/m.keras", sorted(members, reverse=year % 2 == 0))
inner = open(out + "/w.npz", "rb").read()
with tarfile.open(out + "/m.tar.gz", "w:gz") as archive:
    info = tarfile.TarInfo("top/inner.npz")
    info.size, info.mtime = len(inner), year
    archive.addfile(info, io.BytesIO(inner))
os.mkdir(out + "/model")
os.rename(out + "/m.keras", out + "/model/m.keras")
with gzip.GzipFile(out + "/model/log.gz", "wb", mtime=year) as packed:
    packed.write(b"done\n")
