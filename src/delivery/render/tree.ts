/**
 * An immutable file tree: a commit's, a directory's, an archive's. Paths are relative, with `/`, without `.` or `..`,
 * the root is ''. The same `id` means the same content, on any machine.
 */
export interface Tree {
  /** Content hash of the whole tree (a git tree id, for instance). */
  readonly id: string
  /** Undefined when there is no file (or a directory) at the path. The bytes are shared: never change them. */
  read(path: string): Promise<Uint8Array | undefined>
  /** Content hash of a file, of a directory (everything below it), or undefined when there is neither. Cheap: reads no file. */
  hash(path: string): Promise<string | undefined>
  /** Entries of a directory sorted by name (bytewise), or undefined when it is none. */
  list(path: string): Promise<readonly TreeEntry[] | undefined>
  /** The path without symbolic links in it, of what is there. Absent for trees that have no links. */
  realPath?(path: string): Promise<string | undefined>
}

export interface TreeEntry {
  readonly name: string
  readonly kind: 'file' | 'directory' | 'symlink' | 'submodule'
  readonly hash: string
}

/**
 * A tree that writes down what is read through it, so that a result can be keyed by content: after a render, `trace()` holds
 * each path asked for and the hash it had (undefined: it was not there), and where links led. The result is still right for another tree iff all
 * of them are the same there.
 */
export interface TracingTree extends Tree {
  trace(): ReadonlyMap<string, string | undefined>
}
