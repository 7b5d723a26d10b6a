import { messageOf } from '../../../base/errors.js'
import { type IgnoredStep, parseIgnoredJqPath, parseIgnoredPointer, withoutPath } from '../../../kube/apply/ignored-paths.js'
import type { Application } from '../kinds/application.js'
import type { ApplicationSetSpec } from '../kinds/application-set.js'

/** Parts of applications in which differences do not count. */
export interface IgnoredDifferences {
  /** The application without what its rules ignore. */
  strip(application: Application): Application
  /** Rules that are not understood; they ignore nothing. */
  readonly unsupported: readonly string[]
}

/** The rules of ignoreApplicationDifferences. A rule with a name is for the application of that name only. */
export function compileIgnoredDifferences(rules: ApplicationSetSpec['ignoreApplicationDifferences']): IgnoredDifferences {
  const compiled: { name: string | undefined; steps: IgnoredStep[] }[] = []
  const unsupported: string[] = []
  for (const [index, rule] of (rules ?? []).entries()) {
    const add = (parse: () => IgnoredStep[], field: string) => {
      try {
        compiled.push({ name: rule.name || undefined, steps: parse() })
      } catch (error) {
        unsupported.push(`ignoreApplicationDifferences[${index}].${field}: ${messageOf(error)}`)
      }
    }
    for (const pointer of rule.jsonPointers ?? []) add(() => parseIgnoredPointer(pointer), 'jsonPointers')
    for (const path of rule.jqPathExpressions ?? []) add(() => parseIgnoredJqPath(path), 'jqPathExpressions')
  }
  return {
    unsupported,
    strip(application) {
      let stripped: unknown = application
      for (const { name, steps } of compiled) {
        if (name === undefined || name === application.metadata.name) stripped = withoutPath(stripped, steps)
      }
      const { metadata, spec } = stripped as Application
      // Whatever the rules say, an application keeps its name, its namespace and a spec.
      const { name, namespace } = application.metadata
      return {
        ...(stripped as Application),
        metadata: { ...metadata, name, ...(namespace === undefined ? {} : { namespace }) },
        spec: spec ?? {},
      }
    },
  }
}
