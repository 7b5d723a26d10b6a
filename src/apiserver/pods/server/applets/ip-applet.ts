import type { Applet } from '../shell/shell-context.js'

const objects = ['address', 'link', 'route', 'neighbour'] as const
const verbs = ['show', 'list', 'ls', 'lst']

/** `ip addr|link|route [show]`: what a pod's network is like. Nothing of it can be changed, as without the capability to. */
export const ip: Applet = async (args, { world, stdout, stderr }) => {
  const rest = args.filter((arg) => !/^-(4|o|br|brief|oneline|family|inet)$/.test(arg))
  const [given = 'address', verb = 'show'] = rest
  const object = objects.find((each) => each.startsWith(given))
  if (object === undefined) throw new Error(`object '${given}' is unknown: ${objects.join(', ')}`)
  if (!verbs.some((each) => each.startsWith(verb))) {
    await stderr.write('ip: RTNETLINK answers: Operation not permitted\n')
    return 2
  }
  const links = [
    '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN',
    '2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP',
  ]
  const addresses = ['    inet 127.0.0.1/8 scope host lo', `    inet ${world.address}/32 scope global eth0`]
  if (object === 'address') await stdout.write(`${links.map((link, index) => `${link}\n${addresses[index]}`).join('\n')}\n`)
  if (object === 'link') await stdout.write(`${links.join('\n')}\n`)
  if (object === 'route') await stdout.write(`default dev eth0 scope link src ${world.address}\n`)
  return 0
}
