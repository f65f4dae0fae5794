package io.tideline.client;

import java.util.List;

/**
 * One page of a scan.
 *
 * @param entries in the direction of the scan; unmodifiable
 * @param coverage what the page covers and where the next one starts
 */
public record Page(List<Entry> entries, Coverage coverage) {
  public Page {
    entries = List.copyOf(entries);
  }
}
