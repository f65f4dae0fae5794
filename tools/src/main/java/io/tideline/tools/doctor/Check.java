package io.tideline.tools.doctor;

import java.util.List;

/** Looks at one thing. Never throws for what it looks at: trouble is a finding. */
interface Check {

  /** Short name, as shown. */
  String name();

  List<Finding> run();
}
