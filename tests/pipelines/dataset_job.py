# SPDX-License-Identifier: Apache-2.0
"""examples/dataset-job: the bytes of one run by make with four processes, by Snakemake and by an array of Slurm."""
import os
import shutil
import subprocess
import time
from pathlib import Path

from pictures import fundus, write_png
from tier import SOURCE, WEIGHTS, Skip, same_tree, sh

JOB = SOURCE / "examples" / "dataset-job"
ONE_NODE = """ClusterName=one
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=root
AuthInfo=socket={here}/munge.socket
ProctrackType=proctrack/pgid
TaskPlugin=task/none
StateSaveLocation={here}
SlurmdSpoolDir={here}/spool
SlurmctldPidFile={here}/slurmctld.pid
SlurmdPidFile={here}/slurmd.pid
SlurmctldPort=36817
SlurmdPort=36818
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
NodeName=localhost NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=all Nodes=localhost Default=YES MaxTime=INFINITE State=UP
"""


def small_eyes(count):
    """Two eyes a patient, eight pictures under many names; one name holds a text, which fails and stays."""
    Path("pictures").mkdir()
    for number in range(8):
        write_png(f"{number}.png", fundus(64, 64, seed=number))
    for number in range(count - 1):
        os.link(f"{number % 8}.png", f"pictures/p{number // 2:05}_{'LR'[number % 2]}.png")
    Path("pictures/none.png").write_text("no picture")


def setting(tier):
    return f"export BIN={tier.build}/bin CARD={WEIGHTS}/toy OUT=out PICTURES=pictures PATH={tier.build}/bin:$PATH; "


def in_folder(tier, name, command, **more):
    """Every run has a folder of its own and the same relative names, which the records hold."""
    Path(name).mkdir()
    os.symlink("../pictures", f"{name}/pictures")
    return sh(f"cd {name}; {setting(tier)}{command}", 0, timeout=3600, **more)


def same_as_one(tier, count, name):
    lines = Path("one/out/cases.jsonl").read_bytes()
    assert lines.count(b"\n") == count and lines.count(b'"error"') == 1, lines[:300]
    for file in ("cases.jsonl", "summary.json"):
        assert Path(f"{name}/out/{file}").read_bytes() == Path(f"one/out/{file}").read_bytes(), f"{name}: another {file}"
    same_tree(f"{name}/out/products", "one/out/products")


def by_make(tier, count):
    small_eyes(count)
    make = f"make -s -f {JOB}/Makefile"
    in_folder(tier, "one", f"{make} SHARDS=1")
    in_folder(tier, "four", f"{make} -j4 SHARDS=4")
    same_as_one(tier, count, "four")
    # As sbatch would: the script is a copy elsewhere, and the number comes with the environment.
    shutil.copy(JOB / "slurm.sh", "copy.sh")
    in_folder(tier, "array", f"{make} scanned; for i in 2 0 1; do SLURM_ARRAY_TASK_ID=$i SLURM_ARRAY_TASK_COUNT=3 JOB={JOB} "
              f"bash ../copy.sh || exit; done; {make} SHARDS=3")
    same_as_one(tier, count, "array")


def replaced_under_its_name(tier):
    """A picture of another content is another case, and the only one that is computed again."""
    small_eyes(10)
    make = f"make -s -f {JOB}/Makefile -j2 SHARDS=2"
    in_folder(tier, "job", make)
    first, again = Path("job/out/cases.jsonl"), f"cd job; {setting(tier)}{make}"
    before, maps = first.stat().st_mtime_ns, {p: p.stat().st_mtime_ns for p in Path("job/out/products").rglob("*.npy")}
    sh(again, 0)
    assert first.stat().st_mtime_ns == before, "nothing changed, and the job ran again"
    os.unlink("pictures/p00001_L.png")
    write_png("pictures/p00001_L.png", fundus(64, 64, seed=77))
    sh(again, 0)
    changed = {p.name for p, at in maps.items() if p.stat().st_mtime_ns != at}
    assert changed and all("p00001_L" in name for name in changed), changed


def by_snakemake(tier, count):
    if not shutil.which("snakemake"):
        raise Skip("snakemake is not installed")
    small_eyes(count)
    in_folder(tier, "one", f"make -s -f {JOB}/Makefile SHARDS=1")
    in_folder(tier, "snake", f"HOME=$PWD XDG_CACHE_HOME=$PWD snakemake --cores 4 -q -s {JOB}/Snakefile --config pictures=pictures "
              "shards=4 out=out bin=$BIN card=$CARD")
    same_as_one(tier, count, "snake")


def daemons():
    """munged, slurmctld and slurmd of one node, in the working folder."""
    here = Path.cwd()
    Path("slurm.conf").write_text(ONE_NODE.format(here=here, cpus=os.cpu_count()))
    Path("munge.key").write_bytes(os.urandom(1024))
    Path("munge.key").chmod(0o400)
    os.environ["SLURM_CONF"] = str(here / "slurm.conf")
    for command in (f"munged --foreground --force --key-file={here}/munge.key --socket={here}/munge.socket --pid-file={here}/munged.pid "
                    f"--seed-file={here}/munged.seed --log-file={here}/munged.log", "slurmctld -D", "slurmd -D -N localhost"):
        with open("daemons.log", "ab") as log:
            yield subprocess.Popen(command.split(), stdout=log, stderr=log)
        time.sleep(2)


def by_slurm(tier, count):
    missing = [word for word in ("munged", "slurmctld", "slurmd", "sbatch") if not shutil.which(word)]
    if missing or os.getuid() != 0:
        raise Skip(f"a Slurm of one node needs root and {', '.join(missing) or 'nothing else'}")
    small_eyes(count)
    make = f"make -s -f {JOB}/Makefile"
    in_folder(tier, "one", f"{make} SHARDS=1")
    started = []
    try:
        started.extend(daemons())
        in_folder(tier, "slurm", f"{make} scanned; job=$(JOB={JOB} sbatch --parsable --array=0-3 {JOB}/slurm.sh) && sbatch --wait "
                  f"--dependency=afterok:$job --wrap '{make} SHARDS=4'")
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(30)
        os.environ.pop("SLURM_CONF", None)
    same_as_one(tier, count, "slurm")


def add_to(tier):
    tier.run("a dataset job by make, and by the script of Slurm", by_make, tier, 120)
    tier.run("a dataset job sees a picture replaced under its name", replaced_under_its_name, tier)
    if tier.full:
        tier.run("a dataset job of 10000 records by make", by_make, tier, 10000)
        tier.run("a dataset job of 10000 records by snakemake", by_snakemake, tier, 10000)
        tier.run("a dataset job by a Slurm of one node", by_slurm, tier, 400)
