using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Edge.Benchmarks.Pixels;

/// <summary>
/// The table of images, transcoding and archives: two running servers side by side, in three interleaved rounds. Every image is asked for
/// once and is uploaded again before each round, so no server answers from what it decoded before.
/// </summary>
internal static class PixelsBenchmark
{
    private const int Rounds = 3;

    private static readonly Row[] Rows = [.. Pictures(), .. Others()];

    /// <param name="arguments">The address of the one to be compared with, of the one compared, a native file, and parts of the names of rows.</param>
    public static async Task<int> Run(string[] arguments)
    {
        if (arguments.Length < 3)
        {
            Console.Error.WriteLine("expected: URL-OF-A URL-OF-B FILE [ROW...]");
            return 2;
        }

        using MeasuredServer a = new(new Uri(arguments[0] + "/")), b = new(new Uri(arguments[1] + "/"));
        Row[] rows = [.. Rows.Where(row => arguments.Length == 3 || arguments.Skip(3).Any(part => row.Name.Contains(part, StringComparison.Ordinal)))];
        Dictionary<string, byte[][]> images = await PixelImages.MakeAsync(await File.ReadAllBytesAsync(arguments[2]), rows.Max(static row => row.Images), 24);
        Console.WriteLine("| what | A, per s | B, per s | ratio | CPU of A, ms | CPU of B, ms | CPU of A / CPU of B | A, bytes | B, bytes | size |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (Row row in rows)
        {
            Measure[] ofA = new Measure[Rounds], ofB = new Measure[Rounds];
            for (int round = 0; round < Rounds; round++)
            {
                ofA[round] = await MeasureAsync(a, row, images[row.Syntax]);
                ofB[round] = await MeasureAsync(b, row, images[row.Syntax]);
            }

            double rateA = Median(ofA, static m => m.Rate), rateB = Median(ofB, static m => m.Rate), cpuA = Median(ofA, static m => m.Cpu), cpuB = Median(ofB, static m => m.Cpu);
            double rates = Median(Enumerable.Range(0, Rounds), i => ofB[i].Rate / ofA[i].Rate), cpus = Median(Enumerable.Range(0, Rounds), i => ofA[i].Cpu / ofB[i].Cpu);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {row.Name} | {rateA:G4} | {rateB:G4} | {rates:F2} | {cpuA:F2} | {cpuB:F2} | {cpus:F2} | {ofA[0].Bytes:F0} | {ofB[0].Bytes:F0} | {ofB[0].Bytes / ofA[0].Bytes:F3} |"));
        }

        return 0;
    }

    private static IEnumerable<Row> Pictures()
    {
        foreach (string syntax in new[] { "native", "JPEG lossless", "JPEG-LS", "J2K", "RLE" })
        {
            yield return new Row($"preview of {syntax}", syntax, 24, 1, static id => ($"instances/{id}/preview", null));
            yield return new Row($"preview of {syntax}, 4 connections", syntax, 24, 4, static id => ($"instances/{id}/preview", null));
            yield return new Row($"rendered of {syntax}", syntax, 24, 1, static id => ($"instances/{id}/rendered", null));
        }
    }

    private static IEnumerable<Row> Others()
    {
        yield return new Row("image-uint16", "native", 24, 1, static id => ($"instances/{id}/frames/0/image-uint16", null));
        yield return new Row("image-uint16, 4 connections", "native", 24, 4, static id => ($"instances/{id}/frames/0/image-uint16", null));
        yield return new Row("numpy", "native", 200, 1, static id => ($"instances/{id}/frames/0/numpy", null));
        yield return new Row("numpy, 4 connections", "native", 200, 4, static id => ($"instances/{id}/frames/0/numpy", null));
        yield return new Row("raw", "native", 200, 1, static id => ($"instances/{id}/frames/0/raw", null));
        yield return new Row("raw, 4 connections", "native", 200, 4, static id => ($"instances/{id}/frames/0/raw", null));
        foreach ((string name, string uid) in new[] { ("JPEG lossless", "1.2.840.10008.1.2.4.70"), ("JPEG-LS", "1.2.840.10008.1.2.4.80"), ("J2K", "1.2.840.10008.1.2.4.90") })
        {
            // Orthanc 1.10.1 has no transcode= on /file.
            string body = new JsonObject { ["Replace"] = new JsonObject { ["PatientName"] = "X" }, ["Transcode"] = uid }.ToJsonString();
            yield return new Row($"modify to {name}", "native", 24, 1, id => ($"instances/{id}/modify", body));
            yield return new Row($"modify to {name}, 4 connections", "native", 24, 4, id => ($"instances/{id}/modify", body));
        }

        yield return new Row("archive of 200", "native", 200, 1, static study => ($"studies/{study}/archive", null)) { IsOfStudy = true };
    }

    private static async Task<Measure> MeasureAsync(MeasuredServer server, Row row, byte[][] images)
    {
        List<string> ids = [];
        foreach (byte[] file in images.Take(row.Images))
        {
            string id = await server.UploadAsync(file);
            await server.DeleteAsync($"instances/{id}");
            ids.Add(await server.UploadAsync(file));
        }

        ids = row.IsOfStudy ? [await server.StudyOfAsync(ids[0])] : ids;
        int next = -1;
        long bytes = 0;
        double cpu = server.CpuMilliseconds();
        Stopwatch clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, row.Connections).Select(_ => Task.Run(async () =>
        {
            int at;
            while ((at = Interlocked.Increment(ref next)) < ids.Count)
            {
                (string path, string? body) = row.Ask(ids[at]);
                Interlocked.Add(ref bytes, await server.AskAsync(path, body));
            }
        })));
        double seconds = clock.Elapsed.TotalSeconds;
        return new Measure(ids.Count / seconds, (server.CpuMilliseconds() - cpu) / ids.Count, (double)bytes / ids.Count);
    }

    private static double Median<T>(IEnumerable<T> of, Func<T, double> value) => of.Select(value).Order().ElementAt(Rounds / 2);

    private readonly record struct Measure(double Rate, double Cpu, double Bytes);

    private sealed record Row(string Name, string Syntax, int Images, int Connections, Func<string, (string Path, string? Body)> Ask)
    {
        public bool IsOfStudy { get; init; }
    }
}
