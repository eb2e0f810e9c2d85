# shellcheck shell=bash
# What the scripts of deploy/ and tests/ share: one-line errors, directories, processes. Sourced, never run.

# die TEXT...: the one line that explains a failure; ends the script.
die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# cache_dir: where downloads are kept between runs.
cache_dir() {
	printf '%s/nexusflow\n' "${XDG_CACHE_HOME:-${HOME:-/root}/.cache}"
}

# absolute DIR: the same directory as an absolute path; refuses what connection strings cannot hold.
absolute() {
	local path=$1
	[[ $path == /* ]] || path=$PWD/$path
	[[ $path != *[[:space:]\'\"\\]* ]] || die "$path: a directory with spaces, quotes or backslashes is not supported"
	while [[ $path == ?*/ ]]; do
		path=${path%/}
	done
	printf '%s\n' "$path"
}

# pid_in FILE WORD: the process id in FILE if that process lives and WORD is on its command line (so that
# a process id that was given to somebody else is never taken for ours). Fails otherwise.
pid_in() {
	local pid
	[[ -r $1 ]] && read -r pid <"$1" && [[ $pid =~ ^[0-9]+$ ]] || return 1
	grep -qxzF -- "$2" "/proc/$pid/cmdline" 2>/dev/null || return 1
	printf '%s\n' "$pid"
}

# wait_gone PID SECONDS: until the process has ended; fails when it has not. A zombie has ended.
wait_gone() {
	local i state
	for ((i = 0; i < $2 * 10; i++)); do
		state=$(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null) || return 0
		[[ -n $state && $state != Z* ]] || return 0
		sleep 0.1
	done
	return 1
}

# free_port: a TCP port that nobody listens on, below the range that the kernel gives to clients; tests/lib/nexusflow.py
# takes its ports below these.
free_port() {
	local port hex i
	for ((i = 0; i < 200; i++)); do
		port=$((28000 + (RANDOM * 32768 + RANDOM) % 4000))
		printf -v hex '%04X' "$port"
		# The second column is address:port in hexadecimal.
		if ! grep -qsE "^ *[0-9]+: [0-9A-F]+:$hex " /proc/net/tcp /proc/net/tcp6; then
			printf '%s\n' "$port"
			return 0
		fi
	done
	die "no free TCP port found"
}
