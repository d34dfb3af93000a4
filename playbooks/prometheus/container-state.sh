#!/bin/sh
# Writes the state of the containers for the node exporter's textfile collector:
#
#   genesis_container_running{name="genesis-mongodb"} 1
#
# Let a timer run it once a minute (genesis-container-state.timer), with the collector's directory as its argument. A
# container that does not exist is 0. When docker itself does not answer nothing is written: the old file's age tells.
set -eu
directory=${1:?the directory of the textfile collector}
new="$directory/genesis_containers.prom.$$"
trap 'rm -f "$new"' EXIT

known=$(docker ps --all --format '{{.Names}} {{.State}}')
{
  echo '# HELP genesis_container_running 1 while the container runs, 0 while it is stopped, crashed or missing.'
  echo '# TYPE genesis_container_running gauge'
  for name in genesis-mongodb genesis-redis genesis_sandbox; do
    running=0
    case "
$known
" in
      *"
$name running
"*) running=1 ;;
    esac
    echo "genesis_container_running{name=\"$name\"} $running"
  done
} >"$new"
# The exporter reads only names that end in .prom, and a move is all or nothing.
mv "$new" "$directory/genesis_containers.prom"
