using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Benchmarks.Dimse;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;

namespace Edge.Benchmarks.Modification;

/// <summary>Modification and anonymization by the published binary beside Debian's Orthanc. What a row makes is deleted after it, outside of its time.</summary>
internal static class ModifyBenchmark
{
    private const int Slices = 200;
    private const int Single = 200;
    private const string Replacement = """{"Replace":{"PatientName":"BENCH^MODIFIED","StudyDescription":"Modified"},"Force":true}""";

    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(500);

    private static readonly Comparison.Row[] Rows =
    [
        new("/instances/{id}/modify, 512 KB, one connection", "<= 0.6 of the CPU", static server => OneByOneAsync(server, "modify", Replacement)),
        new("/instances/{id}/anonymize, 512 KB, one connection", "", static server => OneByOneAsync(server, "anonymize", "{}")),
        new("/studies/{id}/anonymize of 200 slices, synchronous; per slice", ">= 3x", static server => StudyAsync(server, "anonymize", new JsonObject(), isAsynchronous: false)),
        new("/studies/{id}/anonymize of 200 slices, asynchronous; per slice", ">= 3x", static server => StudyAsync(server, "anonymize", new JsonObject(), isAsynchronous: true)),
        new("/studies/{id}/modify of 200 slices, synchronous; per slice", "", static server => StudyAsync(server, "modify", Changes(), isAsynchronous: false)),
        new("/studies/{id}/modify of 200 slices, asynchronous; per slice", "", static server => StudyAsync(server, "modify", Changes(), isAsynchronous: true)),
    ];

    public static async Task<int> Run(string[] arguments)
    {
        bool alone = arguments.Contains("alone");
        string[] others = [.. arguments.Where(static one => one != "alone")];
        int rounds = 1;
        if (others.Length > 1 || (others.Length == 1 && (!int.TryParse(others[0], CultureInfo.InvariantCulture, out rounds) || rounds < 1)))
        {
            Console.Error.WriteLine("modify [ROUNDS] [alone]");
            return 2;
        }

        List<Candidate> servers = [];
        try
        {
            servers.Add(await Candidate.OursAsync([]));
            if (!alone && OrthancServer.Program is not null)
            {
                servers.Add(await Candidate.OrthancAsync(helped: false, []));
            }

            foreach (Candidate server in servers)
            {
                await server.UploadAsync(Enumerable.Range(1, Slices).Select(static n => (SyntheticInstance.Numbered(7000, 1, 1, n) with { Rows = 512, Columns = 512 }).ToFile()));
            }

            await Comparison.RunAsync(servers, rounds, Rows);
        }
        finally
        {
            foreach (Candidate server in servers)
            {
                await server.DisposeAsync();
            }
        }

        return 0;
    }

    private static JsonObject Changes() => new() { ["Replace"] = new JsonObject { ["StudyDescription"] = "Modified" } };

    /// <summary>The answer of these is the file.</summary>
    private static async Task<(int Operations, double Seconds)> OneByOneAsync(Candidate server, string operation, string body)
    {
        JsonArray instances = (await GetAsync(server, "/instances")).AsArray();
        Stopwatch clock = Stopwatch.StartNew();
        for (int i = 0; i < Single; i++)
        {
            using HttpResponseMessage answer = await server.Http.PostAsync($"/instances/{instances[i % instances.Count]}/{operation}", new StringContent(body));
            byte[] file = await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync();
            if (file.Length < 512 << 10)
            {
                throw new InvalidOperationException($"{server.Name}: {operation} answers {file.Length} bytes");
            }
        }

        return (Single, clock.Elapsed.TotalSeconds);
    }

    private static async Task<(int Operations, double Seconds)> StudyAsync(Candidate server, string operation, JsonObject body, bool isAsynchronous)
    {
        string source = (string)(await GetAsync(server, "/studies")).AsArray().Single()!;
        body["KeepSource"] = true;
        body["Synchronous"] = !isAsynchronous;
        Stopwatch clock = Stopwatch.StartNew();
        JsonNode answer = await server.PostAsync($"/studies/{source}/{operation}", body.ToJsonString());
        if (isAsynchronous)
        {
            JsonNode job;
            while ((string)(job = await GetAsync(server, $"/jobs/{answer["ID"]}"))["State"]! is "Pending" or "Running")
            {
                await Task.Delay(5);
            }

            answer = (string)job["State"]! == "Success" ? job["Content"]! : throw new InvalidOperationException($"{server.Name}: {job}");
        }

        double seconds = clock.Elapsed.TotalSeconds;
        string made = (string)answer["ID"]!;
        int count = (await GetAsync(server, $"/studies/{made}/instances")).AsArray().Count;
        if (made == source || count != Slices)
        {
            throw new InvalidOperationException($"{server.Name}: {operation} made {count} instances of {made}");
        }

        (await server.Http.DeleteAsync($"/studies/{made}")).EnsureSuccessStatusCode().Dispose();
        await Task.Delay(Settling);
        return (Slices, seconds);
    }

    private static async Task<JsonNode> GetAsync(Candidate server, string path) => JsonNode.Parse(await server.Http.GetStringAsync(path))!;
}
