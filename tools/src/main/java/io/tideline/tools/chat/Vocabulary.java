package io.tideline.tools.chat;

import java.util.List;

/**
 * The words generated chat is made of, commonest first: they are drawn by rank as natural words
 * are.
 *
 * @param words by falling frequency
 * @param joint between words
 * @param comma between clauses
 * @param stops that end a sentence, commonest first
 */
record Vocabulary(List<String> words, String joint, String comma, List<String> stops) {

  static final Vocabulary ENGLISH =
      new Vocabulary(
          split(
              """
              the to I you it a is and that of in for have on not do but with be my this so just what can
              if was are it's I'm at or we no me like get there as when all from don't how one know about
              up out yes now think will then they time need your more some good try work want would use
              has here ok really see day new go could did make back only well still same thanks also sure
              right people maybe after should where who why today because please much thing had over going
              find look which any last our too first help meeting problem tomorrow before every set lunch
              send got them off always later again nice great never running check file test sorry someone
              guess long made keep wait start done question week put another other working read seems link
              better between install version change train ticket photo night coffee update friend build
              actually probably morning weekend already release question server dinner team birthday idea
              message broken holiday restart everyone yesterday price weather office awesome kernel music
              password together hopefully schedule remember package important different reservation garden
              """),
          " ",
          ", ",
          List.of(". ", "? ", "! ", "... ", " :) "));

  static final Vocabulary CHINESE =
      new Vocabulary(
          split(
              """
              的 我 你 了 是 不 在 好 有 就 这 都 吗 也 一个 他 那 吧 说 去 要 我们 没有 什么 可以 知道 现在
              今天 大家 一下 还是 怎么 时候 觉得 喜欢 这个 明天 已经 问题 因为 所以 但是 谢谢 看看 真的 可能
              应该 朋友 时间 工作 回来 一起 晚上 吃饭 电影 开会 项目 消息 发给 收到 没事 周末 早上 电话 手机
              照片 地方 公司 东西 下午 天气 咖啡 火车 音乐 旅游 城市 学校 孩子 生日 快乐 价格 文件 系统 服务器
              更新 版本 测试 密码 重启 网络 会议 计划 安排 辛苦 加油 哈哈 明白 当然 非常 特别 其实 最近 准备
              出发 见面 机场 地铁 餐厅 火锅 面条 水果 公园 博物馆 长城 季节 春天 下雨 冬天 意思 故事 作者
              """),
          "",
          "，",
          List.of("。", "？", "！", "……", "～"));

  private static List<String> split(String block) {
    return List.of(block.strip().split("\\s+"));
  }
}
