import type { CommandEntry } from '../contract.js'

export interface GatewayRunOptions {
  kubeconfig: string
  context?: string
  cluster: string
  listen: string
  ca?: string
  cert?: string
  key?: string
  engine: string
  drain: string
  checkLeases?: boolean
  egress?: string
  metricsSeconds: string
  logLevel: string
}

export interface GatewayCertificateOptions {
  out: string
  days: string
  dataDir?: string
  caDir?: string
}

/** `flotilla gateway`: the way into a cluster whose pods cannot be reached from elsewhere. */
export const gatewayCommand: CommandEntry = {
  name: 'gateway',
  register(program, io) {
    const gateway = program
      .command('gateway')
      .description('run the gateway of a cluster as a process of its own, and make its certificates')
    gateway
      .command('run', { isDefault: true })
      .description('run the gateway of one cluster; it reads the API of that cluster only')
      .requiredOption('--kubeconfig <file>', 'kubeconfig that reaches the cluster')
      .option('--context <name>', 'its context (default: the current one)')
      .requiredOption('--cluster <name>', 'name of the cluster in the fleet')
      .option('--listen <address>', 'PORT or ADDRESS:PORT', '0.0.0.0:15443')
      .option('--ca <file>', 'authority of the gateways')
      .option('--cert <file>', 'certificate of this cluster\u2019s gateway; read again when it changes')
      .option('--key <file>', 'and its key')
      .option('--engine <name>', 'builtin, or haproxy (lets TLS through only)', 'builtin')
      .option('--drain <time>', 'how long open connections may go on after SIGTERM: 30s, 5m', '30s')
      .option('--egress <address>', 'also offer services behind other clusters\u2019 gateways at this address (0.0.0.0: all)')
      .option('--check-leases', 'let endpoints of clusters whose leases have expired stand by, also while the hub is away')
      .option('--metrics-seconds <seconds>', 'how often counters are written to the log; 0: only in the end', '60')
      .option('--log-level <level>', 'debug, info, warn or error', 'info')
      .action(async (options: GatewayRunOptions) => {
        const { runGateway } = await import('../run/run-gateway.js')
        await runGateway(options, io)
      })
    gateway
      .command('certificate <cluster>')
      .description('make the certificate of a cluster\u2019s gateway, with the authority of the fleet\u2019s gateways')
      .requiredOption('--out <dir>', 'where ca.crt, tls.crt and tls.key are written')
      .option('--days <number>', 'how long it is valid', '90')
      .option(
        '--data-dir <dir>',
        'data directory of an embedded fleet, whose authority is used (default: the one of `flotilla up`)',
      )
      .option('--ca-dir <dir>', 'in place of that: a directory for the authority of clusters of your own, made on first use')
      .action(async (cluster: string, options: GatewayCertificateOptions) => {
        const { writeGatewayCertificate } = await import('../run/run-gateway.js')
        await writeGatewayCertificate(cluster, options, io)
      })
  },
}
