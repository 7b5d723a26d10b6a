/** Added to a port below 1024 where this process may not bind such ports. */
export const substituteOffset = 10_000

/** The annotation of a Service (or pod) that says which ports are bound instead: `{"80":10080}`. Absent when all are as asked. */
export const boundPortsAnnotation = 'network.flotilla.dev/bound-ports'

/** What the operating system lets this process do, found out once at the start (see detectLoopback). */
export interface LoopbackAbilities {
  /** Any address of 127.0.0.0/8 can be bound without setting it up first. */
  readonly addresses: boolean
  /** Ports below 1024 can be bound. */
  readonly lowPorts: boolean
}

/**
 * The port to bind, and to dial, for a port that an object names: itself, but for ports below 1024 where those may not be bound.
 * Everything in a fleet goes through this, so that listener and caller agree without asking each other.
 */
export function boundPort(port: number, abilities: Pick<LoopbackAbilities, 'lowPorts'>): number {
  return port < 1024 && !abilities.lowPorts ? port + substituteOffset : port
}
