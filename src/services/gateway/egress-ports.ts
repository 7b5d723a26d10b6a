/** Of every egress gateway. */
export const firstEgressPort = 16_000
const size = 16_000
export const lastEgressPort = firstEgressPort + size - 1
/** Routes of one cluster; each is a listener. */
export const mostEgressRoutes = 2_000

/**
 * Ports for routes by their names: the place of a name is that of its hash, so that a port is the same after a restart and in
 * every cluster, unless two names collide; then the later one has the next free port. A name keeps its port while it is held.
 */
export class EgressPorts {
  readonly #byName = new Map<string, number>()
  readonly #taken = new Map<number, string>()

  get names(): readonly string[] {
    return [...this.#byName.keys()]
  }

  /** Undefined: there are too many. */
  hold(name: string): number | undefined {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    if (this.#byName.size >= mostEgressRoutes) return undefined
    let at = hash(name) % size
    while (this.#taken.has(firstEgressPort + at)) at = (at + 1) % size
    this.#byName.set(name, firstEgressPort + at)
    this.#taken.set(firstEgressPort + at, name)
    return firstEgressPort + at
  }

  /** Gives a name the port that it had before; false when either is taken. */
  restore(name: string, port: number): boolean {
    if (this.#byName.has(name) || this.#taken.has(port) || this.#byName.size >= mostEgressRoutes) return false
    this.#byName.set(name, port)
    this.#taken.set(port, name)
    return true
  }

  free(name: string): void {
    const port = this.#byName.get(name)
    if (port === undefined) return
    this.#byName.delete(name)
    this.#taken.delete(port)
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0
  return value
}
