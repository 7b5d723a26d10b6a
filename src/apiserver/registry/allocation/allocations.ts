/** Addresses and ports that the cluster has given out. */
export class Allocations {}
