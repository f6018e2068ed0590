# One effect on the world outside: `sh effect.sh FOLDER NAME` adds the line NAME to FOLDER/ledger.
#
# Every system in the matrix performs its effects with this program, as an agent performs them with a shell command.
# A file in FOLDER/orders makes it stop once, before the effect or after it, until FOLDER/release exists: that is where
# the engine is killed. FOLDER/slow makes an effect take two seconds.
cd "$1" || exit 3
name=$2
stop() {
    mv "orders/$1-$name" "orders/taken-$1-$name" 2>/dev/null || return 0
    touch "orders/stopped-$1-$name"
    waited=0
    while [ ! -e release ] && [ "$waited" -lt 1200 ]; do
        sleep 0.05
        waited=$((waited + 1))
    done
}
stop before
[ ! -e slow ] || sleep 2
printf '%s\n' "$name" >> ledger
stop after
exit 0
