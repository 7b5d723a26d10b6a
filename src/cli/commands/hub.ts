import type { CommandEntry } from '../contract.js'
import { addFleetApiFlags, type FleetApiFlags } from '../options/fleet-api-flags.js'

/** `flotilla hub`: the same controllers against any Kubernetes API. */
export const hubCommand: CommandEntry = {
  name: 'hub',
  register(program, io) {
    const command = program
      .command('hub')
      .description('run the controllers against a Kubernetes API that holds the state (a management cluster)')
      .option('--kubeconfig <file>', 'kubeconfig of the management cluster (default, in a pod: the service account of the pod)')
      .option('--context <name>', 'its context (default: the current one)')
      .option('-n, --namespace <name>', 'namespace of the Argo CD objects', 'argocd')
      .option('--install', 'install the custom resource definitions it needs')
      .option('--install-member-apis', 'serve ServiceExport and ServiceImport on every member that does not have them')
      .option('--install-templates', 'and a policy: no pods in namespaces labelled flotilla.dev/templates=true')
      .option('--cache-dir <dir>', 'where mirrors of repositories are kept (default: under the XDG cache home)')
      .option('--poll-seconds <seconds>', 'how often repositories are asked for news', '120')
      .option(
        '--webhook-port <number>',
        'take webhooks of Git providers at this port, path /api/webhook (no TLS: put an ingress in front)',
      )
      .option('--webhook-host <address>', 'and at this address', '127.0.0.1')
      .option('--allow-remote-bases', 'let kustomizations name bases and files on other servers')
      .option('--enable-helm', 'render the charts that kustomizations name (helmCharts), fetched from their repositories')
      .option('--allow-file-repositories', 'let Applications read Git repositories on the disk of this machine (file:// URLs)')
      .option('--xds <address>', 'serve xDS with mutual TLS: PORT or ADDRESS:PORT (default: off)')
      .option('--xds-ca <file>', 'authority of the certificates of xDS clients')
      .option('--xds-cert <file>', 'certificate of the xDS server')
      .option('--xds-key <file>', 'and its key')
      .option('--xds-clear <address>', 'serve xDS in clear text on loopback (default: off)')
      .option(
        '--xds-status <address>',
        'serve a page about the clients of xDS: PORT or ADDRESS:PORT (loopback in clear text, elsewhere with mutual TLS as --xds)',
      )
    addFleetApiFlags(command)
      .option('--agent-listen <address>', 'let agents of clusters connect: PORT or ADDRESS:PORT (default: off)')
      .option('--agent-url <url>', 'how they reach that place from outside: https://HOST:PORT')
      .option(
        '--clusterprofile-provider-file <file>',
        'credential plugins (KEP-5339): clusters of other managers’ ClusterProfiles then belong to the fleet',
      )
      .option('--leader-elect', 'of several replicas of this hub, let one lead (Lease flotilla-hub); the others stand by')
      .option('--leader-address <host>', 'where the others reach this one, to pass connections on (default: POD_IP)')
      .option('--log-level <level>', 'debug, info, warn or error', 'info')
      .action(async (options: HubOptions) => {
        const { runHub } = await import('../run/run-hub.js')
        await runHub(options, io)
      })
  },
}

export interface HubOptions extends FleetApiFlags {
  clusterprofileProviderFile?: string
  leaderElect?: boolean
  leaderAddress?: string
  agentListen?: string
  agentUrl?: string
  xds?: string
  xdsCa?: string
  xdsCert?: string
  xdsKey?: string
  xdsClear?: string
  xdsStatus?: string
  kubeconfig?: string
  context?: string
  namespace: string
  install?: boolean
  installMemberApis?: boolean
  installTemplates?: boolean
  cacheDir?: string
  pollSeconds: string
  allowFileRepositories?: boolean
  allowRemoteBases?: boolean
  enableHelm?: boolean
  webhookPort?: string
  webhookHost: string
  logLevel: string
}
