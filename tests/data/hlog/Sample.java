// Writes sample.hlog with HdrHistogram 2.1.11 (libhdrhistogram-java), and prints what it finds:
//   java -cp /usr/share/java/hdrhistogram.jar Sample.java
import org.HdrHistogram.*;
public class Sample {
  public static void main(String[] a) throws Exception {
    HistogramLogWriter w = new HistogramLogWriter("sample.hlog");
    w.outputComment("[Sample of HdrHistogram 2.1.11]");
    w.outputLogFormatVersion();
    w.outputStartTime(1441812279474L);
    w.setBaseTime(1441812279474L);
    w.outputBaseTime(1441812279474L);
    w.outputLegend();
    Histogram h = new Histogram(3600000000000L, 3);
    h.recordValueWithCount(1000, 10000);
    h.recordValue(100000000L);
    h.setStartTimeStamp(1441812279474L); h.setEndTimeStamp(1441812280474L);
    w.outputIntervalHistogram(h);
    Histogram g = new Histogram(3);  // grows as it is needed
    for (int i = 1; i <= 1000; i++) g.recordValue(i * 10000L);
    g.setTag("A");
    g.setStartTimeStamp(1441812280608L); g.setEndTimeStamp(1441812281608L);
    w.outputIntervalHistogram(g);
    w.close();
    for (double p : new double[]{50, 99.9, 99.999, 100}) System.out.println(p + " " + h.getValueAtPercentile(p) + " " + g.getValueAtPercentile(p));
    System.out.println(g.getMean() + " " + g.getStdDeviation());
  }
}
