import type { CommandEntry } from '../contract.js'
import { addFleetOptions, type FleetOptions, withFleet } from '../options/fleet-access.js'
import { formatTable, parseOutputFormat } from '../screens/print.js'

/** Problems that fit on a screen beside the summary. */
const screenRows = 20

/** `flotilla status`: the whole fleet on one screen. */
export const statusCommand: CommandEntry = {
  name: 'status',
  register(program, io) {
    addFleetOptions(program.command('status').description('the fleet on one screen: clusters, Applications, what is wrong'))
      .option('-o, --output <format>', 'table, wide, json or yaml')
      .action(async (options: FleetOptions & { namespace?: string; output?: string }) => {
        const format = parseOutputFormat(options.output)
        await withFleet(options, io, async (fleet) => {
          const { readFleetStatus } = await import('../../app/fleet/fleet-status.js')
          const status = await readFleetStatus(fleet)
          if (format === 'json') {
            io.out(JSON.stringify(status, undefined, 2))
            return
          }
          if (format === 'yaml') {
            const { formatYaml } = await import('../../formats/yaml/format-yaml.js')
            io.out(formatYaml(status))
            return
          }
          io.out(`Fleet      ${status.where}`)
          io.out(`Clusters   ${status.clusters.total}: ${count(status.clusters.byHealth)}`)
          io.out(
            `Apps       ${status.applications.total}: ${count(status.applications.bySync)}; ${count(status.applications.byHealth)}`,
          )
          if (status.problems.length === 0) return
          const shown = format === 'wide' ? status.problems : status.problems.slice(0, screenRows)
          io.out('')
          io.out(
            formatTable(shown, [
              { title: 'WHAT', value: (row) => row.what },
              { title: 'STATE', value: (row) => row.state },
              { title: 'WHY', value: (row) => row.message },
            ]),
          )
          const more = status.problems.length - shown.length
          if (more > 0) io.out(`... and ${more} more (-o wide shows them all)`)
        })
      })
  },
}

function count(numbers: Readonly<Record<string, number>>): string {
  const parts = Object.entries(numbers).map(([name, number]) => `${number} ${name}`)
  return parts.length === 0 ? 'none' : parts.join(', ')
}
