import type { CreatedCatalogue } from '../catalogue/create-catalogue.js'
import { strangersIn } from '../model/audience-problem.js'
import { isTemplate } from '../model/is-template.js'
import { type ServiceExport, serviceExportType } from '../model/multi-cluster-kinds.js'
import { multiClusterNames } from '../model/multi-cluster-names.js'
import { exportConditions } from './export-conditions.js'
import type { MemberWriter } from './member-writer.js'

/** What an export says that cannot be understood, or does not count. */
export type ExportProblems = (found: ServiceExport) => readonly string[]

/** Says on a ServiceExport how it stands. */
export async function writeExport(
  writer: MemberWriter,
  ports: {
    readonly catalogue: CreatedCatalogue
    readonly nowText: () => string
    readonly isUnread: (cluster: string) => boolean
    readonly problemsOf: ExportProblems
  },
): Promise<void> {
  const found = writer.exported()
  if (found === undefined || found.metadata.deletionTimestamp !== undefined || isTemplate(writer.view.name, found)) return
  // What another exporting cluster has to say is not known yet: what was said holds.
  const others = writer.namesOf(writer.found()?.status?.clusters)
  if (found.status?.conditions !== undefined && others.some(ports.isUnread)) return
  const service = ports.catalogue.get(writer.service, 'clusterset')
  const own = service?.offers.find(({ cluster, dialect }) => cluster === writer.view.name && dialect === 'mcs')
  const { facts } = ports.catalogue
  const strangers = strangersIn(own?.audience, (name) => facts.cluster(name) !== undefined || facts.isUnread(name))
  const conditions = exportConditions({
    found,
    backing: writer.view.service(writer.service),
    service,
    cluster: writer.view.name,
    problems: [
      ...ports.problemsOf(found),
      ...(strangers === undefined ? [] : [`annotation ${multiClusterNames.clustersAnnotation}: ${strangers}`]),
    ],
    nowText: ports.nowText(),
  })
  if (conditions === found.status?.conditions) return
  await writer.patch(serviceExportType, found, { status: { conditions } }, 'status')
}
