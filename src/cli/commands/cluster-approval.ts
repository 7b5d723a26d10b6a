import type { Command } from 'commander'
import type { CommandIo } from '../contract.js'
import { addFleetOptions, type FleetOptions, withFleet } from '../options/fleet-access.js'

type Options = FleetOptions & { namespace?: string; key?: string }

/** `flotilla cluster approve|deny`: whether a cluster that asks to join by its agent may. */
export function registerApproval(cluster: Command, io: CommandIo): void {
  addFleetOptions(cluster.command('approve <name>').description('let a cluster join that asks to by its agent'))
    .option('--key <fingerprint>', 'only if it asks with this key (the agent shows it)')
    .action(async (name: string, options: Options) => {
      await withFleet(options, io, async (fleet) => {
        const { approveCluster } = await import('../../app/agent/approve-cluster.js')
        io.out(await approveCluster(fleet.hub, name, options.key))
      })
    })
  addFleetOptions(
    cluster
      .command('deny <name>')
      .description('refuse a cluster that asks to join by its agent, or send one away that has joined'),
  ).action(async (name: string, options: Options) => {
    await withFleet(options, io, async (fleet) => {
      const { denyCluster } = await import('../../app/agent/approve-cluster.js')
      io.out(await denyCluster(fleet.hub, name))
    })
  })
}
