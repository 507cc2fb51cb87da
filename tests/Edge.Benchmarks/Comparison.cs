using System.Globalization;
using Edge.Benchmarks.Dimse;
using Edge.TestKit;
using Edge.TestKit.Server;

namespace Edge.Benchmarks;

/// <summary>
/// The same work on several servers. Rounds are interleaved: each row runs on each server before the next round; figures are medians of
/// rounds, ratios medians of the ratios of a round.
/// </summary>
internal static class Comparison
{
    /// <summary>A row: its name, what must be true, and one run of it, which returns the number of operations and their time.</summary>
    public sealed record Row(string Name, string Bar, Func<Candidate, Task<(int Operations, double Seconds)>> Run);

    /// <summary>Prints a row after the other; ratios are those of "ours" to each of the others.</summary>
    public static async Task RunAsync(IReadOnlyList<Candidate> servers, int rounds, IEnumerable<Row> rows)
    {
        foreach (Row row in rows)
        {
            Dictionary<string, List<(double Rate, double Cpu)>> figures = servers.ToDictionary(static server => server.Name, static _ => new List<(double, double)>());
            for (int round = 0; round < rounds; round++)
            {
                foreach (Candidate server in servers)
                {
                    double cpu = ProcessCost.CpuSeconds(server.ProcessId);
                    (int operations, double seconds) = await row.Run(server);
                    figures[server.Name].Add((operations / seconds, (ProcessCost.CpuSeconds(server.ProcessId) - cpu) * 1000 / operations));
                }
            }

            Console.WriteLine($"{row.Name}{(row.Bar.Length > 0 ? $" (must be {row.Bar})" : "")}");
            List<(double Rate, double Cpu)> ours = figures["ours"];
            foreach ((string name, List<(double Rate, double Cpu)> each) in figures)
            {
                string ratio = name == "ours" ? "" : Text($"; ours {Median(ours.Zip(each, static (mine, its) => mine.Rate / its.Rate)):F2} times as fast, {Median(ours.Zip(each, static (mine, its) => mine.Cpu / its.Cpu)):F2} of the CPU");
                Console.WriteLine(Text($"  {name,-8} {Median(each.Select(static one => one.Rate)),9:F1} per second, {Median(each.Select(static one => one.Cpu)):F3} ms of CPU each{ratio}"));
            }
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
