/**
 * One constant POSIX script reads, replaces and removes files, on this host and on others alike. It starts in the
 * target's directory. Arguments: mode (read, write, remove), file, limit in bytes, `cksum` of the present content
 * (or `absent`), `cksum` of the new content. The new content is on standard input.
 *
 * The first line on standard output is the answer: `present` (the content follows), `absent`, `done`, or
 * `refused <code>`. Until `done` nothing has changed.
 *
 * - It enters the file's real directory and works with bare names there, so that a link exchanged meanwhile leads
 *   nowhere. A link is followed once, and only to a place within the target's directory.
 * - The new content is written beside the old with its mode and owner, synced, compared with its checksum (a connection
 *   that breaks looks like the end of the content), and only then renamed over the old one.
 * - The present content must still be the one that was read before, or the undo would bring back another.
 */
export const FILE_SCRIPT = `
set -u
LC_ALL=C
export LC_ALL
mode=$1 file=$2 limit=$3 expected=$4 wanted=$5
refuse() { printf 'refused %s\\n' "$1"; exit 0; }
root=$(pwd -P)
[ "$root" = / ] && root=
enter() {
  cd -P -- "$1" 2>/dev/null || refuse no-directory
  case $(pwd -P)/ in "$root"/*) ;; *) refuse file-outside ;; esac
}
enter "$(dirname -- "$file")"
name=$(basename -- "$file")
if [ -L "./$name" ]; then
  real=$(readlink -f -- "./$name") || refuse file-outside
  enter "$(dirname -- "$real")"
  name=$(basename -- "$real")
  [ -L "./$name" ] && refuse file-outside
fi
[ -e "./$name" ] && [ ! -f "./$name" ] && refuse not-a-file

if [ "$mode" = read ]; then
  [ -e "./$name" ] || { echo absent; exit 0; }
  size=$(wc -c <"./$name") || refuse file-failed
  [ "$size" -le "$limit" ] || refuse too-large
  echo present
  exec cat -- "./$name"
fi

present=absent
if [ -e "./$name" ]; then present=$(cksum <"./$name") || refuse file-failed; fi
[ "$present" = "$expected" ] || refuse changed-meanwhile

if [ "$mode" = remove ]; then
  rm -f -- "./$name" 2>/dev/null || refuse file-failed
else
  new=.genesis-new.$$
  set -C
  : 2>/dev/null >"./$new" || refuse file-failed
  set +C
  trap 'rm -f -- "./$new"' EXIT
  trap 'exit 1' HUP INT TERM
  if [ "$present" != absent ]; then cp -p -- "./$name" "./$new" 2>/dev/null || refuse file-failed; fi
  dd of="./$new" bs=65536 conv=fsync 2>/dev/null || refuse file-failed
  [ "$(cksum <"./$new")" = "$wanted" ] || refuse file-failed
  mv -f -- "./$new" "./$name" 2>/dev/null || refuse file-failed
fi
sync . 2>/dev/null || sync
echo done
`;

const TABLE = Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) value = value < 0 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value;
});

/** What POSIX `cksum` prints for a file on its standard input: a CRC over the bytes and their number, then the number. */
export function cksum(bytes: Uint8Array): string {
  let crc = 0;
  const feed = (byte: number) => {
    crc = (crc << 8) ^ (TABLE[((crc >>> 24) ^ byte) & 0xff] ?? 0);
  };
  bytes.forEach(feed);
  for (let length = bytes.length; length > 0; length = Math.floor(length / 256)) feed(length & 0xff);
  return `${~crc >>> 0} ${bytes.length}`;
}
