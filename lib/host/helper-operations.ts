/**
 * The helper: one small program, built from the same core, for calls that may block forever. It does one call at a time and ends when its
 * standard input is closed. It ignores SIGINT, SIGTERM and SIGHUP; SIGKILL ends it.
 *
 * Frames in both directions are little endian: u32 length of the rest (requests: at most 1 MiB), u32 request id, u8 operation or status,
 * fields. The status is 0 done or 1 failed. A field is a u32 length and bytes; a number is a field of its width. A failure has the fields
 * errno (u32), syscall and path.
 *
 * | operation | fields | answer |
 * | --- | --- | --- |
 * | 1 guardedWrite | directory, attribute, value, then for each guard attribute, value and u8 1 if the attribute only begins with it | u8 0 written, 1 gone, 2 changed + attribute + u8 known + found |
 * | 2 hold | node | u8 0 held, 1 busy, 2 gone; the descriptor stays open until `release`; EALREADY while one is held |
 * | 3 release | – | – (closes what is held) |
 * | 4 flush | node | – (fsync, then ioctl BLKFLSBUF) |
 * | 5 readDirect | node, u64 offset, u32 length (1 to 16 MiB; both multiples of the block size) | bytes, fewer at the end of the device |
 * | 6 removeMap | control node, uuid | u8 0 removed, 1 busy (EBUSY), 2 gone (ENXIO): DM_DEV_REMOVE by uuid |
 * | 7 createMap | control node, name, uuid, u64 sectors, u8 1 read-only, parameters of the multipath target | u8 0 created, 1 busy (EBUSY; ENXIO and ENODEV of a path): DM_DEV_CREATE, DM_TABLE_LOAD, then a resume; DM_DEV_REMOVE where one of the later two fails |
 * | 8 setReadOnly | node, u8 1 read-only, u64 diskseq (0: any) | u8 0 changed, 1 was so before, 2 gone (no node, or another disk): BLKGETDISKSEQ, BLKROGET, BLKROSET |
 * | 9 connectFabrics | node, options, directory of the controllers, file of a network namespace or nothing | u8 0 connected + u32 instance, 1 failed + u32 errno of the write. EALREADY while it has a controller that is not kept: it deletes that when its standard input ends |
 * | 10 keepController | – | – |
 * | 11 discardController | – | u8 0 deleted, 1 gone |
 * | 12 nvmeAdmin | node, u8 opcode (0x02, 0x06, 0x0a; else EPERM), u32 nsid, u32 cdw10, u32 length (1 to 1 MiB) | u32 status, bytes |
 * | 13 fabricsOptions | node | u8 0 + list, 1 no list (EINVAL) |
 */
export const helperOperations = {
  guardedWrite: 1,
  hold: 2,
  release: 3,
  flush: 4,
  readDirect: 5,
  removeMap: 6,
  createMap: 7,
  setReadOnly: 8,
  connectFabrics: 9,
  keepController: 10,
  discardController: 11,
  nvmeAdmin: 12,
  fabricsOptions: 13,
} as const
