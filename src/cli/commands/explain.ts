import { UsageError } from '../../base/errors.js'
import type { CommandEntry } from '../contract.js'
import { addFleetOptions, type FleetOptions, withFleet } from '../options/fleet-access.js'

type Options = FleetOptions & { namespace?: string; hubNamespace?: string; cluster?: string; output: string }

/** `flotilla explain`: why something on the hub is as it is, and what it waits for. */
export const explainCommand: CommandEntry = {
  name: 'explain',
  register(program, io) {
    addFleetOptions(
      program
        .command('explain <kind/name> [name]')
        .description(
          'why something is as it is: what was written, what it means, what the hub does, each cluster, and what it waits for',
        ),
      '--hub-namespace <name>',
    )
      .addHelpText(
        'after',
        '\nApplications, ApplicationSets, whatever goes to clusters (Placement, KubeFed, Karmada), service/NAME, cluster/NAME, and any other object.',
      )
      .option('-n, --namespace <name>', 'namespace of the object (default: default; for Argo CD objects, that of the hub)')
      .option('--cluster <name>', 'the object as it is in this cluster; a service as it is seen from there')
      .option('-o, --output <format>', 'text, json or yaml', 'text')
      .action(async (what: string, second: string | undefined, options: Options) => {
        const { kind, name } = parseTarget(what, second)
        const { output } = options
        if (output !== 'text' && output !== 'json' && output !== 'yaml')
          throw new UsageError({
            code: 'unknown-output-format',
            message: `unknown output format "${output}"`,
            fix: 'Use -o text, json or yaml.',
          })
        const { namespace: _ofObject, hubNamespace, ...others } = options
        await withFleet({ ...others, ...(hubNamespace === undefined ? {} : { namespace: hubNamespace }) }, io, async (fleet) => {
          const { explainTarget } = await import('../../app/explain/explain-target.js')
          const nowMs = Date.now()
          const found = await explainTarget({
            hub: fleet.hub,
            hubNamespace: fleet.namespace,
            kind,
            name,
            namespace: options.namespace,
            cluster: options.cluster,
            env: io.env,
            nowMs,
          })
          const data = found.length === 1 ? found[0] : found
          if (output === 'json') io.out(`${JSON.stringify(data, undefined, 2)}\n`)
          else if (output === 'yaml') {
            const { formatYaml } = await import('../../formats/yaml/format-yaml.js')
            io.out(formatYaml(data))
          } else {
            const { describeFleetExplanation } = await import('../screens/explain-screen.js')
            io.out(found.map((each) => describeFleetExplanation(each, nowMs, io.colour)).join('\n'))
          }
        })
      })
  },
}

/** `kind/name`, or two words as kubectl takes them. */
function parseTarget(what: string, second: string | undefined): { kind: string; name: string } {
  const slash = what.indexOf('/')
  const kind = slash < 0 ? what : what.slice(0, slash)
  const name = slash < 0 ? second : what.slice(slash + 1)
  if (kind === '' || name === undefined || name === '' || (slash >= 0 && second !== undefined))
    throw new UsageError({
      code: 'bad-target',
      message: `"${[what, second].filter((part) => part !== undefined).join(' ')}" names no object`,
      fix: 'Write KIND/NAME: application/web, deployment/web, cluster/us-east, service/api.',
    })
  return { kind, name }
}
