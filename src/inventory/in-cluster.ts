import type { Cluster } from './cluster.js'

/** The server by which Argo CD's destinations and cluster Secrets mean the hub itself. */
export const inClusterServer = 'https://kubernetes.default.svc'

/** The hub as a cluster of its own fleet, when no source names it. */
export const inCluster: Cluster = {
  name: 'in-cluster',
  server: inClusterServer,
  labels: {},
  annotations: {},
  project: '',
  namespaces: [],
  clusterResources: false,
  source: 'in-cluster',
  connection: undefined,
}

/** Whether a server URL means the hub itself. */
export function isInCluster(server: string): boolean {
  return normalizeServer(server) === inClusterServer
}

/** Servers are compared without their trailing slashes. */
export function normalizeServer(server: string): string {
  return server.endsWith('/') ? server.replace(/\/+$/, '') : server
}
