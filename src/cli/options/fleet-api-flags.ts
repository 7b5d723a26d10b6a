import type { Command } from 'commander'

/** The flags by which `flotilla hub` serves one API over all members. */
export interface FleetApiFlags {
  fleetApi?: string
  fleetApiCert?: string
  fleetApiKey?: string
  fleetApiClientCa?: string
  fleetApiKubeconfig?: string
  auditLogPath?: string
  auditPolicyFile?: string
}

export function addFleetApiFlags(command: Command): Command {
  return command
    .option('--fleet-api <address>', 'serve one API over all members: PORT or ADDRESS:PORT (default: off)')
    .option('--fleet-api-cert <file>', 'its certificate (default: one that is made at every start)')
    .option('--fleet-api-key <file>', 'and its key')
    .option('--fleet-api-client-ca <file>', 'authority of client certificates (default: the one of the management cluster)')
    .option('--fleet-api-kubeconfig <file>', 'write a kubeconfig for it here: context fleet, with the credentials of the hub')
    .option('--audit-log-path <file>', 'write down who did what through it, a line of JSON for each request')
    .option('--audit-policy-file <file>', 'audit.k8s.io/v1 Policy (default: metadata of every request)')
}
