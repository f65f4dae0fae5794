package com.alipay.sofa.jraft.core;

import com.alipay.sofa.jraft.conf.ConfigurationEntry;

/**
 * What a node knows of its group and tells nobody outside this package.
 *
 * @param term the newest it has seen
 * @param membership in force for counting its quorum; another object after every change
 */
public record NodeFacts(long term, ConfigurationEntry membership) {

  public static NodeFacts of(NodeImpl node) {
    return new NodeFacts(node.getCurrentTerm(), node.getConf());
  }
}
