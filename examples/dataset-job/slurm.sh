#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The shards as an array of jobs; the settings (OUT, CARD, JOBS, PATH to the programs) come with the environment:
#   make scanned OUT=out PICTURES=folder
#   job=$(OUT=out CARD=weights/toy JOB=$PWD sbatch --parsable --array=0-63 slurm.sh)
#   sbatch --dependency=afterok:$job --wrap "make SHARDS=64 OUT=out"      # finds the shards done, merges, summarises
# A task that failed alone is run again with --array=I and HOW_MANY=64; what it had finished is not done again.
#SBATCH --job-name=medvision
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --output=slurm-%A_%a.log
# slurmd runs a copy of this file from its spool, so the folder of shard.sh is said: JOB, or where sbatch was called.
exec bash "${JOB:-${SLURM_SUBMIT_DIR:-.}}/shard.sh" "$SLURM_ARRAY_TASK_ID" "${HOW_MANY:-$SLURM_ARRAY_TASK_COUNT}"
