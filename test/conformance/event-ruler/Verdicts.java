import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import software.amazon.event.ruler.JsonRuleCompiler;
import software.amazon.event.ruler.Machine;

/** Reads lines of {"pattern": text, "event": text}; writes event-ruler's verdict on each: true, false or invalid. */
public final class Verdicts {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] arguments) throws Exception {
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    var output = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      JsonNode pair = JSON.readTree(line);
      output.println(verdict(pair.get("pattern").asText(), pair.get("event").asText()));
    }
    output.flush();
  }

  private static String verdict(String pattern, String event) throws Exception {
    if (JsonRuleCompiler.check(pattern) != null) return "invalid";
    try {
      var machine = new Machine();
      machine.addRule("rule", pattern);
      return String.valueOf(!machine.rulesForJSONEvent(event).isEmpty());
    } catch (RuntimeException exception) {
      return "fails: " + exception;
    }
  }
}
