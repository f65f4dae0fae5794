package io.tideline.server.config;

import java.util.Collection;
import java.util.Comparator;

/** Finds what a misspelt name was probably meant to be. */
final class Suggestion {

  private Suggestion() {}

  /** " (did you mean …?)", or nothing if no known name is near. */
  static String of(String unknown, Collection<String> known) {
    // A third of the letters wrong is still recognisable; more is another word.
    int distanceMax = Math.max(2, unknown.length() / 3);
    return known.stream()
        .filter(name -> distance(unknown, name) <= distanceMax)
        .min(Comparator.comparingInt((String name) -> distance(unknown, name)))
        .map(name -> " (did you mean \"" + name + "\"?)")
        .orElse("");
  }

  /** Edits (insert, delete, replace) from one word to the other. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
