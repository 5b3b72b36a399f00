/**
 * The versions of all tables that this program knows, by the database's file and their owner: how many steps each has. The
 * command line judges by them what it finds without opening a bench. A test compares them with what a bench makes.
 */
export const schemaVersions: Record<string, Record<string, number>> = {
  'lightbench.db': {
    access: 2,
    audit: 4,
    'camera detectors': 1,
    media: 1,
    'media-series': 1,
    secrets: 1,
    'turret homes': 1,
    'turret memory': 1,
    'turret presets': 1,
    views: 1,
  },
  'watches.db': { watches: 1 },
}

/** Which of a database's tables are newer than this program, in words; what is not known at all is newer, too. */
export function newerThanKnown(file: string, versions: Record<string, number>): string[] {
  const known = schemaVersions[file] ?? {}
  return Object.entries(versions)
    .filter(([owner, version]) => version > (known[owner] ?? 0))
    .map(
      ([owner, version]) =>
        `its tables "${owner}" have version ${version}, this program knows ${known[owner] ?? 'none'}`,
    )
}
