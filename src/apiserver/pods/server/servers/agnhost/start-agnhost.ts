import type { Applet, CommandContext, ContainerWorld } from '../../shell/shell-context.js'
import { goFlag } from '../go-flag.js'
import type { RunningServer } from '../http-listener.js'

/** The subcommands of the end-to-end tests' image that other programs use; its shell command runs applets. */
export async function startAgnhost(
  args: readonly string[],
  world: ContainerWorld,
  context: CommandContext,
  program = '/agnhost',
): Promise<RunningServer | number> {
  const [command = 'pause', ...rest] = args
  switch (command) {
    case 'pause':
      await context.stdout.write('Paused\n')
      return { stop: async () => {}, exitCode: 2 }
    case 'netexec':
      return (await import('./netexec.js')).startNetexec(rest, world, context)
    case 'serve-hostname':
      return (await import('./serve-hostname.js')).startServeHostname(rest, world)
    case 'test-webserver':
      return (await import('./file-server.js')).startFileServer(Number(goFlag(rest, 'port') ?? 80), world)
    case 'liveness':
      return (await import('./liveness.js')).startLiveness(world)
    case 'connect':
      return runs((await import('./connect.js')).tryConnect(rest, world, context))
    case 'mounttest':
      return runs((await import('./mount-test.js')).runMountTest(rest, world, context))
    case 'logs-generator':
      return runs((await import('./logs-generator.js')).generateLogs(rest, world, context))
    case 'webhook':
      return (await import('./serve-webhook.js')).startWebhook(rest, world, context)
    case 'crd-conversion-webhook':
      return (await import('./conversion-webhook.js')).startConversionWebhook(rest, world, context)
    case 'guestbook':
      return (await import('./guestbook.js')).startGuestbook(rest, world, context)
    case 'nettest':
      return (await import('./nettest.js')).startNettest(rest, world, context)
    case 'grpc-health-checking':
      return (await import('./grpc-health.js')).startGrpcHealth(rest, world, context)
    case 'test-service-account-issuer-discovery':
      return (await import('./issuer-discovery.js')).discoverIssuer(rest, world, context)
    case 'dns-suffix':
      await context.stdout.write(`${world.searchDomains.join(',')}\n`)
      return 0
    case 'dns-server-list':
      await context.stdout.write(`${world.nameServer ?? ''}\n`)
      return 0
    case 'etc-hosts':
      await context.stdout.write(world.files.read('/etc/hosts', '/'))
      return 0
    case 'entrypoint-tester':
      await context.stdout.write(`[${[program, ...args].join(' ')}]\n`)
      return 0
    case 'porter':
      return (await import('./porter.js')).startPorter(rest, world, context)
    case 'help':
      await context.stdout.write(`${subcommands}\n`)
      return 0
    default:
      await context.stderr.write(`Error: unknown command ${JSON.stringify(command)} for "app"; here are: ${subcommands}\n`)
      return 1
  }
}

const subcommands =
  'pause, netexec, serve-hostname, test-webserver, liveness, connect, dns-suffix, dns-server-list, etc-hosts, entrypoint-tester, ' +
  'porter, mounttest, logs-generator, webhook, crd-conversion-webhook, guestbook, nettest, grpc-health-checking, ' +
  'test-service-account-issuer-discovery'

/** The same within a script or an exec: a server stays until the command is ended. */
export const agnhost: Applet = async (args, context) => {
  const running = await startAgnhost(args, context.world, context)
  if (typeof running === 'number') return running
  const { signal } = context
  const stopped = new Promise<number>((resolve) => {
    const stop = () => void running.stop().then(() => resolve(running.exitCode ?? 0))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  return running.ended === undefined ? stopped : Promise.race([running.ended, stopped])
}

/** What comes to an end by itself; a signal ends it with code 2, as the programs of this language do. */
function runs(ended: Promise<number>): RunningServer {
  return { ended, stop: async () => {}, exitCode: 2 }
}
