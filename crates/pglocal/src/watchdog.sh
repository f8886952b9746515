# Runs a PostgreSQL server and shuts it down when nobody holds the pipe on standard input any more.
# Arguments: file of the state, seconds to linger, the server's lock file, then the server's command line.
# For any POSIX /bin/sh; started by launch.rs in a process group of its own, spoken to by tether.rs.
# shellcheck shell=sh disable=SC2217
# (A `sleep` reads nothing, but it must not have the pipe open.)
state=$1 linger=$2 lockfile=$3
shift 3
# Only the tether below may have the pipe open: whether anybody reads it tells holders whether we are there.
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!

# Is the process still our server? Yes while our parent lives, for it has not collected it; else its lock file tells.
ours() {
  kill -0 $$ 2>/dev/null && return 0
  read -r pid <"$lockfile" && [ "$pid" = "$server" ]
}

# The tether. `read` ends without success when no process has the pipe open for writing. A newcomer writes a line after
# opening it and looks at the state afterwards, so either the second `read` below finds the newcomer, or the newcomer
# finds `closing`; nobody can come in unnoticed.
(
  while :; do
    while read -r _; do :; done
    [ "$linger" = 0 ] || sleep "$linger" </dev/null
    ours || exit
    echo closing >"$state"
    read -r _ || break
    echo open >"$state"
  done
  # SIGINT asks for a fast shutdown; more than once, since a server that has only just started does not hear it yet.
  while ours && kill -INT "$server" 2>/dev/null; do sleep 1 </dev/null; done
) <&3 3<&- &
exec 3<&-

wait "$server"
status=$?
# The tether, and a `sleep` of its, are all that is left in our process group.
trap '' TERM
kill -TERM 0
exit "$status"
