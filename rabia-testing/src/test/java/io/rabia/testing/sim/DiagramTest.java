package io.rabia.testing.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.rabia.testing.sim.SlotStory.Event;
import io.rabia.testing.sim.SlotStory.Kind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** The story of a slot, in words and drawn. */
@Tag("fault-injection")
class DiagramTest {
  private static final SimOptions ROUGH =
      new SimOptions(
          1,
          6,
          3,
          EnumSet.of(Fault.CRASH, Fault.PAUSE, Fault.DROP, Fault.ONE_WAY),
          true,
          Load.LIGHT);
  private static final SlotStory EVENTFUL = eventful();

  private static Document parse(String svg) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
  }

  private static List<Element> shapes(Document svg, String name, String style) {
    NodeList all = svg.getElementsByTagName(name);
    return IntStream.range(0, all.getLength())
        .mapToObj(i -> (Element) all.item(i))
        .filter(element -> element.getAttribute("class").equals(style))
        .toList();
  }

  private static long count(SlotStory story, Kind kind) {
    return story.events().stream().filter(event -> event.kind() == kind).count();
  }

  /** Of some seed a slot of which messages were lost and repeated while nodes paused and died. */
  private static SlotStory eventful() {
    for (int seed = 1; seed < 100; seed++) {
      SlotStory story = Simulation.story(ROUGH.withSeed(seed), 300);
      if (count(story, Kind.LOST) > 0
          && count(story, Kind.PAUSES) > 0
          && count(story, Kind.DIES) > 0
          && story.events().stream().anyMatch(Event::again)) {
        return story;
      }
    }
    throw new AssertionError("no such seed");
  }

  @Test
  void drawsAnArrowForEveryMessageAndASignForEveryEvent() throws Exception {
    SlotStory story = EVENTFUL;
    Document svg = parse(Diagram.of(story, "a run", "a <verdict> & more"));
    // One of each is the legend's.
    assertThat(shapes(svg, "path", "message")).hasSize((int) count(story, Kind.HEARS) + 1);
    assertThat(shapes(svg, "path", "lost-way")).hasSize((int) count(story, Kind.LOST) + 1);
    assertThat(shapes(svg, "path", "death")).hasSize((int) count(story, Kind.DIES) + 1);
    assertThat(shapes(svg, "path", "decision")).hasSize((int) count(story, Kind.DECIDES) + 1);
    assertThat(shapes(svg, "path", "pause")).hasSize((int) count(story, Kind.PAUSES) + 1);
    assertThat(shapes(svg, "text", "name")).hasSize(3);
    assertThat(shapes(svg, "text", "title").get(0).getTextContent())
        .isEqualTo("Slot " + story.slot() + " of a run");
    assertThat(shapes(svg, "text", "verdict").get(0).getTextContent())
        .isEqualTo("a <verdict> & more");
  }

  @Test
  void coversNoTextByAnother() throws Exception {
    Document svg = parse(Diagram.of(EVENTFUL, "a run", "FAILED as it had to. ".repeat(40)));
    List<int[]> taken = new ArrayList<>();
    NodeList texts = svg.getElementsByTagName("text");
    for (int i = 0; i < texts.getLength(); i++) {
      Element text = (Element) texts.item(i);
      int x = Integer.parseInt(text.getAttribute("x"));
      int y = Integer.parseInt(text.getAttribute("y"));
      int width = text.getTextContent().length() * 6;
      for (int[] other : taken) {
        boolean apart = x >= other[0] + other[2] || other[0] >= x + width;
        assertThat(apart || Math.abs(y - other[1]) >= 10).as(text.getTextContent()).isTrue();
      }
      taken.add(new int[] {x, y, width});
    }
  }

  @Test
  void tellsAMessageOnceAndWhoHeardIt() {
    SlotStory story = EVENTFUL;
    for (Event event : story.events()) {
      if (event.kind() == Kind.HEARS) {
        Event said = story.events().get(event.origin());
        assertThat(said.kind()).isEqualTo(Kind.SAYS);
        assertThat(said.at()).isLessThan(event.at());
        assertThat(event.text()).startsWith("hears node " + (said.node() + 1) + ": ");
        assertThat(event.node()).isNotEqualTo(said.node());
      }
    }
  }

  @Test
  void tellsWhatIsNewInWordsThenWhatStandsOut() {
    SlotStory story = EVENTFUL;
    List<Event> news = story.events().stream().filter(event -> !event.again()).toList();
    int again = story.events().size() - news.size();
    assertThat(again).isPositive();
    StringBuilder told = new StringBuilder();
    told.append("# slot 300 from its first word on, without ").append(again);
    told.append(" repetitions\n");
    for (Event event : news) {
      told.append(Trace.format(event.at(), event.who(), event.text())).append('\n');
    }
    assertThat(story.text()).isEqualTo(told + story.facts().text());
  }

  @Test
  void onlyWhatWasHeardBeforeInTheSameLifeIsARepetition() {
    Map<Integer, Set<String>> heard = new HashMap<>();
    int again = 0;
    for (Event event : EVENTFUL.events()) {
      if (event.kind() == Kind.STARTS) {
        heard.remove(event.node());
      } else if (event.kind() == Kind.HEARS) {
        String words = event.text().substring(event.text().indexOf(": ") + 2);
        String from = event.text().substring(0, event.text().indexOf(": "));
        Set<String> known = heard.computeIfAbsent(event.node(), fresh -> new HashSet<>());
        boolean fresh = false;
        for (String word : words.replace(" with body", "").split(", ")) {
          fresh |= known.add(from + word);
        }
        assertThat(event.again()).as(event.text()).isEqualTo(!fresh);
        again += fresh ? 0 : 1;
      }
    }
    assertThat(again).isPositive();
  }

  @Test
  void leavesOutMostOfManyLivesInWhichNothingWasSaid() {
    SlotStory story = new SlotStory(3, 2);
    story.broken(0, 0, "begins");
    for (long life = 1; life <= 30; life++) {
      story.starts(2 * life, 1, "starts for the " + life + ". time");
      story.dies(2 * life + 1, 1, "dies for the " + life + ". time");
    }
    assertThat(story.text())
        .contains("dies for the 4. time\n# 44 lives, pauses and faults are left out here\n")
        .contains("here\n" + Trace.format(54, "node 2", "starts for the 27. time"))
        .contains("dies for the 30. time");
  }

  @Test
  void tellsEveryMessageThatTheTraceShows() {
    ByteArrayOutputStream trace = new ByteArrayOutputStream();
    Simulation.run(ROUGH, new PrintStream(trace, false, StandardCharsets.UTF_8));
    Pattern heard = Pattern.compile(" node \\d    from \\d: .* 250[/=].*");
    long lines = trace.toString(StandardCharsets.UTF_8).lines().filter(heard.asPredicate()).count();
    assertThat(lines).isGreaterThan(4);
    assertThat(count(Simulation.story(ROUGH, 250), Kind.HEARS)).isEqualTo(lines);
  }

  @Test
  void isTheSameInEveryLanguage() {
    SlotStory story = Simulation.story(ROUGH, 3);
    String drawn = Diagram.of(story, "", "");
    Locale language = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG"));
      assertThat(Diagram.of(story, "", "")).isEqualTo(drawn);
    } finally {
      Locale.setDefault(language);
    }
  }

  @Test
  void replayOfAPlantedBugNamesSlotAndNodeAndDrawsThem(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("slot.svg");
    String arguments =
        "--mutant 1 --seed 1 --seconds 30 --faults CRASH_MID_CYCLE,CRASH_ALL,SLOW_DISK --diagram "
            + file;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    assertThat(RabiaSim.run(arguments.split(" "), out, out)).isEqualTo(1);
    String printed = bytes.toString(StandardCharsets.UTF_8);
    var broken = Pattern.compile("BROKEN    slot (\\d+), node (\\d): ").matcher(printed);
    assertThat(broken.find()).isTrue();
    assertThat(printed).contains("# slot " + broken.group(1) + " from its first word on");
    assertThat(printed.substring(printed.indexOf("# what stands out in slot " + broken.group(1))))
        .containsPattern("node \\d +said vote2/0=\\S+ of group \\d+ when its log was forced up to")
        .containsPattern("node " + broken.group(2) + " .* is gone, said at [0-9.]+ s");
    Document svg = parse(Files.readString(file));
    assertThat(shapes(svg, "text", "title").get(0).getTextContent())
        .startsWith("Slot " + broken.group(1) + " of --seed 1 ");
    assertThat(shapes(svg, "text", "broken").get(0).getTextContent())
        .startsWith("BROKEN: slot " + broken.group(1) + ", node " + broken.group(2) + ": ");
  }
}
