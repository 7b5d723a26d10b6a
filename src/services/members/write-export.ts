import type { CreatedCatalogue } from '../catalogue/create-catalogue.js'
import { serviceExportType } from '../model/multi-cluster-kinds.js'
import { exportConditions } from './export-conditions.js'
import type { MemberWriter } from './member-writer.js'

/** What the annotations of an export say that cannot be understood. */
export type ExportProblems = (annotations: Readonly<Record<string, string>> | undefined) => readonly string[]

/** Says on a ServiceExport how it stands. */
export async function writeExport(
  writer: MemberWriter,
  ports: { readonly catalogue: CreatedCatalogue; readonly nowText: () => string; readonly problemsOf: ExportProblems },
): Promise<void> {
  const found = writer.exported()
  if (found === undefined || found.metadata.deletionTimestamp !== undefined) return
  const conditions = exportConditions({
    found,
    backing: writer.view.service(writer.service),
    service: ports.catalogue.get(writer.service, 'clusterset'),
    cluster: writer.view.name,
    problems: ports.problemsOf(found.metadata.annotations),
    nowText: ports.nowText(),
  })
  if (conditions === found.status?.conditions) return
  await writer.patch(serviceExportType, found, { status: { conditions } }, 'status')
}
