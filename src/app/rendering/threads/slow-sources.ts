/** Paths of one source that are kept; with so many of them slow, all of it counts as slow. */
const maxPaths = 8
/** Renders that must have been quick in between before a path counts as quick again. */
const quickRenders = 10

/** What took too long where it holds up everybody, by source (a repository) and path; the last `maxSources` sources. */
export class SlowSources {
  readonly #maxSources: number
  readonly #sources = new Map<string, Map<string, number>>()

  constructor(maxSources = 1000) {
    this.#maxSources = maxSources
  }

  has(source: string, path: string): boolean {
    const paths = this.#sources.get(source)
    return paths !== undefined && (paths.has(path) || paths.size >= maxPaths)
  }

  add(source: string, path: string): void {
    const paths = this.#sources.get(source) ?? new Map<string, number>()
    this.#sources.delete(source)
    this.#sources.set(source, paths)
    if (paths.has(path) || paths.size < maxPaths) paths.set(path, quickRenders)
    for (const oldest of this.#sources.keys()) {
      if (this.#sources.size <= this.#maxSources) break
      this.#sources.delete(oldest)
    }
  }

  /** It was quick this time. Of a source that is slow as a whole, other paths speak for the one that was slow first. */
  wasQuick(source: string, path: string): void {
    const paths = this.#sources.get(source)
    if (paths === undefined) return
    const [first] = paths.keys()
    const spokenFor = paths.has(path) ? path : first!
    const left = (paths.get(spokenFor) ?? 1) - 1
    if (left > 0) paths.set(spokenFor, left)
    else paths.delete(spokenFor)
    if (paths.size === 0) this.#sources.delete(source)
  }
}
