/** How large an uploaded version may be, and why. */

const MIB = 1024 * 1024;

/**
 * The bounds of an upload; what is beyond is refused while it arrives or unpacks, never afterwards.
 * An app with its node_modules packs to some 5 to 50 MiB; Cloudflare Workers take 10 MiB, AWS Lambda 50 MiB packed and
 * 250 MiB unpacked, https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
 */
export const UNPACK_LIMITS = {
  /** Length of the archive. */
  maxArchiveBytes: 100 * MIB,
  /** Of all files together. */
  maxUnpackedBytes: 500 * MIB,
  /** Files and folders; each costs an inode and a sync to the disk, some ms together. */
  maxEntries: 20_000,
  /** Of one path inside the archive; with the state folder's own path it stays below Linux's 4096. */
  maxPathBytes: 1024,
  /** Of one name in a path: what ext4, XFS, APFS and NTFS take. */
  maxNameBytes: 255,
  /** Folders above a file; nested node_modules reach some 15. */
  maxDepth: 32,
  /** Unpacked bytes for one of the archive. Sources pack to a fifth, repeated JSON to a fiftieth, zeros to 1/1032. */
  maxRatio: 200,
  /** Until here the ratio is not looked at: a small file of zeros is nobody's bomb. */
  ratioFreeBytes: 32 * MIB,
} as const;
