import type { Command } from 'commander'
import type { CommandIo } from '../contract.js'
import { addFleetOptions, type FleetOptions, withFleet } from '../options/fleet-access.js'

type Options = FleetOptions & { namespace?: string }

/** `flotilla cluster cordon|uncordon|taint`: marks on what a cluster came from, which placement heeds. */
export function registerMarks(cluster: Command, io: CommandIo): void {
  for (const [verb, cordoned, about] of [
    ['cordon', true, 'let a cluster keep what it has and take nothing new'],
    ['uncordon', false, 'let a cluster take workloads again'],
  ] as const) {
    addFleetOptions(cluster.command(`${verb} <name>`).description(about)).action(async (name: string, options: Options) => {
      await withFleet(options, io, async (fleet) => {
        const { cordonCluster } = await import('../../app/placement/mark-cluster.js')
        io.out(await cordonCluster(fleet, name, cordoned))
      })
    })
  }
  addFleetOptions(
    cluster
      .command('taint <name> <taints...>')
      .description('set taints (key=value:NoSchedule) and remove them (key-, key:NoExecute-), as kubectl taint does'),
  ).action(async (name: string, taints: string[], options: Options) => {
    await withFleet(options, io, async (fleet) => {
      const { taintCluster } = await import('../../app/placement/mark-cluster.js')
      io.out(await taintCluster(fleet, name, taints))
    })
  })
}
