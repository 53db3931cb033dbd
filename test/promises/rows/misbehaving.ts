import type { Row } from "../row.ts";
import { shownByEvil } from "../support/evil.ts";

/** What one server does to its callers, shown by the evil servers of test/evil. */
export const misbehaving: readonly Row[] = [
  shownByEvil("R02", "a server that closes its stdout counts as gone, and is killed", "within 500 ms", [
    "E10",
  ]),
  shownByEvil(
    "R03",
    "a server that never answers its handshake fails at its timeout",
    "timeout ±200 ms, gone 6 s later",
    ["E01"],
  ),
  shownByEvil(
    "R04",
    "a server that can not start says why",
    "within 300 ms, with its exit code or errno and last words",
    ["E02", "E03"],
  ),
  shownByEvil("R06", "garbage on stdout is skipped, calls are answered", "0 failures", ["E05", "E06"]),
  shownByEvil("R07", "a line of 100 MB fails its caller and restarts the server", "message_too_large", [
    "E07",
  ]),
  shownByEvil("R08", "a flood on stderr blocks nobody", "log ≤ 100 lines/s", ["E08"]),
  shownByEvil(
    "R09",
    "a server that stops reading its stdin is given up",
    "overloaded, then restarted after 10 s",
    ["E09"],
  ),
  shownByEvil("R10", "servers deaf to EOF and SIGTERM end", "SIGTERM after 2 s, SIGKILL after 3 s more", [
    "E11",
    "E12",
  ]),
  shownByEvil("R11", "grandchildren end with their server", "0 survivors", ["E13", "E14"]),
  shownByEvil(
    "R12",
    "a call without an answer times out and is cancelled; the late answer is dropped",
    "timeout ±100 ms",
    ["E15", "E17"],
  ),
  shownByEvil(
    "R15",
    "failures of a tool never count, failures of the connection do",
    "pauses begin at failures in a row",
    ["E16"],
  ),
];
