import type { BuiltInName } from '../../image-table.js'
import type { ServerSpec } from '../../process/messages.js'
import type { CommandContext, ContainerWorld } from '../shell/shell-context.js'
import type { RunningServer } from './http-listener.js'

/** Starts the server of a built-in image; a number when it has ended already, as its exit code. */
export async function startServer(
  spec: ServerSpec,
  world: ContainerWorld,
  context: CommandContext,
): Promise<RunningServer | number> {
  if (spec.command.length > 0 && !isOwnProgram(spec)) {
    await context.stderr.write(`exec: ${JSON.stringify(spec.command[0])}: executable file not found in $PATH\n`)
    return 127
  }
  const args = argumentsOf(spec)
  const { ports } = spec
  const surroundings = { args, ports, world, context }
  switch (spec.server) {
    case 'nginx':
    case 'httpd':
    case 'nautilus':
      return (await import('./static-server.js')).startStaticServer(spec.server, spec, world, context)
    case 'http-echo':
      return (await import('./echo-servers.js')).startHttpEcho(surroundings)
    case 'whoami':
      return (await import('./echo-servers.js')).startWhoami(surroundings)
    case 'hello-app':
      return (await import('./echo-servers.js')).startHelloApp(surroundings, spec.image)
    case 'echo-server':
      return (await import('./echo-servers.js')).startEchoServer(surroundings, spec.image)
    case 'httpbin':
      return (await import('./httpbin.js')).startHttpbin(ports, world, context)
    case 'redis':
      return (await import('./redis.js')).startRedis(args, ports, world, context)
    case 'agnhost':
      return (await import('./agnhost/start-agnhost.js')).startAgnhost(args, world, context, spec.command[0])
    case 'pause':
    case 'shell':
      return { stop: async () => {} }
  }
}

/** What a container's command may name to mean the image's own server. */
const programs: Readonly<Record<BuiltInName, readonly string[]>> = {
  nginx: ['nginx', 'nginx-debug', 'docker-entrypoint.sh'],
  httpd: ['httpd', 'httpd-foreground', 'apache2'],
  nautilus: [],
  'http-echo': ['http-echo'],
  whoami: ['whoami'],
  agnhost: ['agnhost', 'agnhost-2'],
  httpbin: ['gunicorn', 'go-httpbin'],
  redis: ['redis-server', 'valkey-server', 'docker-entrypoint.sh'],
  shell: [],
  pause: ['pause'],
  'hello-app': ['hello-app'],
  'echo-server': ['echo-server', 'node'],
}

/** Whether the container's command is the image's own server. */
export function isOwnProgram({ server, command }: ServerSpec): boolean {
  return programs[server].includes(command[0]?.split('/').at(-1) ?? '')
}

/** A command that names the image's own program is left out: what follows are its arguments. */
function argumentsOf(spec: ServerSpec): string[] {
  return [...spec.command.slice(1), ...spec.args]
}
