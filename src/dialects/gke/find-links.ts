import { closest } from '../../base/closest.js'

/** A cluster as far as links know it. */
export interface LinkTarget {
  readonly name: string
  readonly region: string
  readonly labels: Readonly<Record<string, string>>
}

/** On a cluster of the fleet: the name that links call it by, where it is not the cluster's own. */
export const linkNameLabel = 'services.flotilla.dev/link-name'

export interface FoundLink {
  readonly link: string
  /** Undefined: no cluster of the fleet is meant. */
  readonly cluster?: string
  readonly problem?: { readonly message: string; readonly fix: string }
}

/**
 * Which clusters links mean: `REGION/NAME` is the cluster of that name, or that is labelled with it. The region need not be the
 * cluster's, as places are called otherwise elsewhere; of several clusters with the label, the one in the region is meant.
 */
export function findLinks(links: readonly string[], clusters: readonly LinkTarget[]): readonly FoundLink[] {
  return links.map((link) => {
    const slash = link.indexOf('/')
    const [region, name] = slash < 0 ? ['', link] : [link.slice(0, slash), link.slice(slash + 1)]
    const named = clusters.filter((each) => each.name === name)
    const called = named.length > 0 ? named : clusters.filter(({ labels }) => labels[linkNameLabel] === name)
    const found = called.find((each) => sameRegion(each.region, region)) ?? (called.length === 1 ? called[0] : undefined)
    if (found === undefined) return { link, problem: explainMissing(link, name, called, clusters) }
    if (region === '' || found.region === '' || sameRegion(found.region, region)) return { link, cluster: found.name }
    return {
      link,
      cluster: found.name,
      problem: {
        message: `the link ${link} means ${found.name}, which is in the region ${found.region}`,
        fix: `Write ${found.region}/${name}, if the region matters to you.`,
      },
    }
  })
}

/** `us-east1` and `us-east-1` are one region. */
function sameRegion(a: string, b: string): boolean {
  const plain = (region: string) => region.toLowerCase().replace(/[-_]/g, '')
  return plain(a) === plain(b)
}

function explainMissing(
  link: string,
  name: string,
  called: readonly LinkTarget[],
  clusters: readonly LinkTarget[],
): NonNullable<FoundLink['problem']> {
  if (called.length > 1) {
    return {
      message: `the link ${link} means one of ${called.map((each) => each.name).join(', ')}: none is in that region`,
      fix: 'Write the region of the cluster that is meant.',
    }
  }
  const names = clusters.flatMap((each) => [each.name, ...(each.labels[linkNameLabel] ? [each.labels[linkNameLabel]] : [])])
  const near = closest(name, names)
  return {
    message: `the link ${link} means no cluster of the fleet${near === undefined ? '' : `; did you mean ${near}?`}`,
    fix: `Write the name of a cluster (${names.slice(0, 5).join(', ')}${names.length > 5 ? ', ...' : ''}), or label the cluster with ${linkNameLabel}=${name}.`,
  }
}
