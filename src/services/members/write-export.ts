import type { CreatedCatalogue } from '../catalogue/create-catalogue.js'
import { type ServiceExport, serviceExportType } from '../model/multi-cluster-kinds.js'
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
  if (found === undefined || found.metadata.deletionTimestamp !== undefined) return
  // What another exporting cluster has to say is not known yet: what was said holds.
  const others = writer.namesOf(writer.found()?.status?.clusters)
  if (found.status?.conditions !== undefined && others.some(ports.isUnread)) return
  const conditions = exportConditions({
    found,
    backing: writer.view.service(writer.service),
    service: ports.catalogue.get(writer.service, 'clusterset'),
    cluster: writer.view.name,
    problems: ports.problemsOf(found),
    nowText: ports.nowText(),
  })
  if (conditions === found.status?.conditions) return
  await writer.patch(serviceExportType, found, { status: { conditions } }, 'status')
}
