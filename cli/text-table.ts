export interface Column {
  readonly title: string
  /** @default left */
  readonly align?: 'left' | 'right'
}

/** How a whole row is coloured; widths are those of the plain text. */
export type RowStyle = (line: string, row: number) => string

/**
 * Lays cells out in columns two spaces apart; the last column is not padded.
 * @param title how the heading is coloured
 */
export function textTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  title: (line: string) => string,
  style: RowStyle = (line) => line,
): string[] {
  const widths = columns.map((column, index) =>
    Math.max(column.title.length, ...rows.map((row) => (row[index] ?? '').length)),
  )
  const layOut = (cells: readonly string[]): string =>
    cells
      .map((cell, index) =>
        columns[index]?.align === 'right'
          ? cell.padStart(widths[index] ?? 0)
          : cell.padEnd(widths[index] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return [
    title(layOut(columns.map((column) => column.title))),
    ...rows.map((row, index) => style(layOut(row), index)),
  ]
}
