import type { Command } from 'commander'
import type { Application } from '../../dialects/argo-cd/kinds/application.js'
import type { ApplicationSet } from '../../dialects/argo-cd/kinds/application-set.js'
import { applicationSetType } from '../../dialects/argo-cd/kinds/resource-types.js'
import type { CommandEntry, CommandIo } from '../contract.js'
import { addFleetOptions, type FleetOptions, readManifest, withFleet } from '../options/fleet-access.js'
import { type Column, parseOutputFormat, printRows } from '../screens/print.js'

type Options = FleetOptions & { namespace?: string; output?: string }

/** `flotilla appset`: ApplicationSets, and what they would generate. */
export const applicationSetCommand: CommandEntry = {
  name: 'appset',
  register(program, io) {
    const appset = program.command('appset').description('list ApplicationSets, look into them, preview what they generate')
    registerList(appset, io)
    registerGet(appset, io)
    registerPreview(appset, io)
  },
}

const condition = (type: string) => (set: ApplicationSet) => set.status?.conditions?.find((each) => each.type === type)

const columns: readonly Column<ApplicationSet>[] = [
  { title: 'NAME', value: (set) => set.metadata.name },
  { title: 'APPLICATIONS', value: (set) => String(set.status?.resourcesCount ?? set.status?.resources?.length ?? 0) },
  {
    title: 'GENERATORS',
    value: (set) =>
      set.spec.generators
        .map((each) =>
          Object.keys(each)
            .filter((key) => key !== 'selector')
            .join('+'),
        )
        .join(','),
  },
  { title: 'UP-TO-DATE', value: (set) => condition('ResourcesUpToDate')(set)?.status ?? 'Unknown' },
  {
    title: 'ERROR',
    value: (set) => (condition('ErrorOccurred')(set)?.status === 'True' ? (condition('ErrorOccurred')(set)?.message ?? '') : ''),
  },
]

function registerList(appset: Command, io: CommandIo): void {
  addFleetOptions(appset.command('list').alias('ls').description('list ApplicationSets'))
    .option('-o, --output <format>', 'table, wide, json, yaml or name')
    .action(async (options: Options) => {
      const format = parseOutputFormat(options.output)
      await withFleet(options, io, async ({ hub, namespace }) => {
        const list = await hub.list<ApplicationSet>(applicationSetType, { namespace })
        printRows({
          format,
          rows: list.items,
          columns,
          data: list,
          names,
          empty: `No ApplicationSets in namespace ${namespace}.`,
          out: io.out,
          err: io.err,
        })
      })
    })
}

function registerGet(appset: Command, io: CommandIo): void {
  addFleetOptions(appset.command('get <name>').description('show an ApplicationSet, its conditions and its Applications'))
    .option('-o, --output <format>', 'table, wide, json or yaml')
    .action(async (name: string, options: Options) => {
      const format = parseOutputFormat(options.output)
      await withFleet(options, io, async ({ hub, namespace }) => {
        const set = await hub.get<ApplicationSet>({ type: applicationSetType, namespace, name })
        printRows({ format, rows: [set], columns, data: set, names, empty: '', out: io.out, err: io.err })
        if (format !== 'table' && format !== 'wide') return
        io.out('')
        for (const each of set.status?.conditions ?? []) io.out(`${each.type}=${each.status} ${each.reason}: ${each.message}`)
        io.out('')
        printRows({
          format,
          rows: set.status?.resources ?? [],
          columns: [
            { title: 'APPLICATION', value: (row) => row.name },
            { title: 'SYNC', value: (row) => row.status ?? '' },
            { title: 'HEALTH', value: (row) => row.health?.status ?? '' },
          ],
          data: set.status?.resources ?? [],
          names: (row) => row.name,
          empty: 'It generates no Applications.',
          out: io.out,
          err: io.err,
        })
      })
    })
}

function registerPreview(appset: Command, io: CommandIo): void {
  addFleetOptions(
    appset
      .command('preview [file]')
      .description(
        'print the Applications that ApplicationSets in a file would generate on this fleet now, applies nothing; exits 1 when one cannot',
      ),
  )
    .option('-f, --filename <file>', 'the file, - for standard input')
    .option('-o, --output <format>', 'table, wide, json, yaml or name')
    .action(async (file: string | undefined, options: Options & { filename?: string }) => {
      const format = parseOutputFormat(options.output)
      const path = file ?? options.filename ?? '-'
      const text = await readManifest(path, io)
      await withFleet(options, io, async (fleet) => {
        const { previewApplicationSets } = await import('../../app/applications/application-set-preview.js')
        const { applications, problems, failed, changes } = await previewApplicationSets(fleet, { text, path }, io.env)
        printRows<Application>({
          format,
          rows: applications,
          columns: [
            { title: 'NAME', value: (app) => app.metadata.name },
            { title: 'CHANGE', value: (app) => changes.get(app.metadata.name) ?? '' },
            { title: 'CLUSTER', value: (app) => app.spec.destination.name ?? app.spec.destination.server ?? '' },
            { title: 'NAMESPACE', value: (app) => app.spec.destination.namespace ?? '' },
            { title: 'PATH', value: (app) => app.spec.source?.path ?? app.spec.sources?.[0]?.path ?? '' },
            { title: 'REVISION', wide: true, value: (app) => app.spec.source?.targetRevision || 'HEAD' },
            { title: 'REPO', wide: true, value: (app) => app.spec.source?.repoURL ?? '' },
          ],
          data: { apiVersion: 'v1', kind: 'List', items: applications },
          names: (app) => `application.argoproj.io/${app.metadata.name}`,
          empty: 'It generates no Applications.',
          out: io.out,
          err: io.err,
        })
        for (const [name, change] of changes) if (change === 'delete') io.err(`would delete application.argoproj.io/${name}`)
        for (const problem of problems) io.err(`warning: ${problem}`)
        if (failed) io.exitCode(1)
      })
    })
}

function names(set: ApplicationSet): string {
  return `applicationset.argoproj.io/${set.metadata.name}`
}
