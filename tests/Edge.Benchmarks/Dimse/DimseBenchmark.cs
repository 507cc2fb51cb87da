using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Dimse.Association;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scu;
using Edge.TestKit;
using Edge.TestKit.Dicom;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;

namespace Edge.Benchmarks.Dimse;

/// <summary>
/// The DICOM services of the published binary beside Debian's Orthanc, as it is and without its Nagle delay (TCP_NODELAY=1). Rounds are
/// interleaved: each row runs on each server before the next round; figures are medians of rounds, ratios medians of the ratios of a round.
/// </summary>
internal static class DimseBenchmark
{
    private const int Slices = 200;
    private const int Patients = 1000;
    private const string StudyFind = "1.2.840.10008.5.1.4.1.2.2.1";
    private const string StudyMove = "1.2.840.10008.5.1.4.1.2.2.2";
    private const string StudyGet = "1.2.840.10008.5.1.4.1.2.2.3";

    private static readonly string[] Surnames =
    [
        "SMITH", "JONES", "TAYLOR", "BROWN", "WILLIAMS", "WILSON", "JOHNSON", "DAVIES", "PATEL", "WRIGHT", "WALKER", "WHITE", "EDWARDS", "HUGHES", "GREEN", "HALL", "LEWIS", "HARRIS", "CLARKE", "JACKSON",
        "DUPONT", "MARTIN", "BERNARD", "PETIT", "MULLER", "SCHMIDT", "WEBER", "ROSSI", "RUSSO", "FERRARI", "GARCIA", "LOPEZ", "SANCHEZ", "SILVA", "SANTOS", "KIM", "LEE", "PARK", "NGUYEN", "TRAN",
    ];

    private static readonly IReadOnlyList<string> Plain = [DicomUids.ExplicitVrLittleEndian];

    private static readonly string SlicesStudy = SyntheticInstance.UidRoot + ".7000.1";

    /// <summary>A row: its name, what it needs to be true, and one run of it, which returns the number of operations.</summary>
    private sealed record Row(string Part, string Name, string Bar, Func<Candidate, Sinks, Task<(int Operations, double Seconds)>> Run);

    private sealed record Sinks(StoreSink Direct, int Storescp);

    private static readonly Row[] Rows =
    [
        new("find", "C-FIND studies by name prefix, one association", ">= 20x; >= 3x helped", static (server, _) => FindAsync(server, [(0x0010, 0x0010, "PN", "SMITH*")], 25, 40)),
        new("find", "C-FIND studies by accession number, one association", ">= 20x; >= 3x helped", static (server, _) => FindAsync(server, [(0x0008, 0x0050, "SH", "ACC77")], 1, 40)),
        new("echo", "C-ECHO, one association", ">= 1x helped", static (server, _) => EchoAsync(server, server.Name == "Orthanc" ? 50 : 2000)),
        new("move", "C-MOVE of 200 CT slices to storescp", ">= 5x; >= 5x helped", static (server, _) => MoveAsync(server, "STORESCP")),
        new("move", "C-MOVE of 200 CT slices to a sink without Nagle delay", ">= 5x; >= 1.2x helped", static (server, _) => MoveAsync(server, "SINK")),
        new("get", "C-GET of 200 CT slices with getscu", ">= 2x", static (server, _) => GetscuAsync(server)),
        new("get", "C-GET of 200 CT slices with a client without Nagle delay", ">= 1.5x helped", static (server, _) => GetAsync(server)),
        new("store", "/modalities/{id}/store of 200 CT slices to a sink without Nagle delay", ">= 2x helped", static (server, sinks) => StoreAsync(server, sinks, "sink")),
        new("store", "/modalities/{id}/store of 200 CT slices to storescp", "", static (server, sinks) => StoreAsync(server, sinks, "storescp")),
    ];

    public static async Task<int> Run(string[] arguments)
    {
        int rounds = arguments.Length > 0 && int.TryParse(arguments[0], CultureInfo.InvariantCulture, out int given) ? given : 1;
        bool alone = arguments.Contains("alone");
        string[] parts = [.. arguments.Where(static one => one != "alone" && !int.TryParse(one, CultureInfo.InvariantCulture, out _))];
        if (rounds < 1 || parts.FirstOrDefault(static part => Rows.All(row => row.Part != part)) is { } unknown)
        {
            Console.Error.WriteLine($"dimse [ROUNDS] [alone] [{string.Join("] [", Rows.Select(static row => row.Part).Distinct())}]");
            return 2;
        }

        await using StoreSink direct = new(hashes: false);
        direct.Up();
        int storescp = FreePort.Next();
        using TemporaryFolder folder = new("edge-dimse-");
        using Process receiver = Process.Start(new ProcessStartInfo("storescp", ["--ignore", "-od", folder.Path, storescp.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        List<Candidate> servers = [];
        try
        {
            JsonObject Modalities() => new()
            {
                ["bench"] = new JsonArray(Candidate.CallingAet, "127.0.0.1", 104),
                ["sink"] = new JsonArray("SINK", "127.0.0.1", direct.Port),
                ["storescp"] = new JsonArray("STORESCP", "127.0.0.1", storescp),
            };
            servers.Add(await Candidate.OursAsync(Modalities()));
            if (!alone && OrthancServer.Program is not null)
            {
                servers.Add(await Candidate.OrthancAsync(helped: false, Modalities()));
                servers.Add(await Candidate.OrthancAsync(helped: true, Modalities()));
            }

            Row[] rows = [.. Rows.Where(row => parts.Length == 0 || parts.Contains(row.Part))];
            foreach (Candidate server in servers)
            {
                await FillAsync(server, withIndex: rows.Any(static row => row.Part == "find"));
            }

            Sinks sinks = new(direct, storescp);
            await Comparison.RunAsync(servers, rounds, [.. rows.Select(row => new Comparison.Row(row.Name, row.Bar, server => row.Run(server, sinks)))]);
        }
        finally
        {
            receiver.Kill();
            foreach (Candidate server in servers)
            {
                await server.DisposeAsync();
            }
        }

        return 0;
    }

    private static async Task FillAsync(Candidate server, bool withIndex)
    {
        await server.UploadAsync(Enumerable.Range(1, Slices).Select(static n => (SyntheticInstance.Numbered(7000, 1, 1, n) with { Rows = 512, Columns = 512 }).ToFile()));
        if (withIndex)
        {
            // 10,000 instances, ten of each patient.
            await server.UploadAsync(Enumerable.Range(0, Patients * 10).Select(static n =>
                (SyntheticInstance.Numbered(1 + (n / 10), 1, 1 + (n % 10 / 5), 1 + (n % 10)) with
                {
                    PatientName = $"{Surnames[n / 10 % Surnames.Length]}^GIVEN{n / 10}",
                    AccessionNumber = string.Create(CultureInfo.InvariantCulture, $"ACC{1 + (n / 10)}"),
                }).ToFile()));
        }
    }

    private static async Task<(int Operations, double Seconds)> FindAsync(Candidate server, (ushort Group, ushort Element, string Vr, string Value)[] keys, int hits, int count)
    {
        byte[] identifier = Identifiers.Of([.. keys, (0x0008, 0x0020, "DA", ""), (0x0008, 0x0052, "CS", "STUDY"), (0x0008, 0x0061, "CS", ""), (0x0020, 0x000D, "UI", ""), (0x0020, 0x1208, "IS", "")]);
        await using ClientAssociation association = await server.ConnectAsync([(StudyFind, Plain)]);
        PresentationContext context = association.Association.Contexts[0];
        Stopwatch clock = Stopwatch.StartNew();
        for (int i = 0; i < count; i++)
        {
            int found = 0;
            CommandSet command = new() { Field = CommandField.CFindRequest, AffectedSopClassUid = StudyFind, Priority = Priority.Medium };
            await foreach (DimseResponse response in association.StreamAsync(context, command, DataSetSource.From(identifier)))
            {
                found += response.Status.IsPending ? 1 : 0;
                Demand(response.Status.IsPending || response.Status.IsSuccess, server, response.Status);
            }

            Demand(found == hits, server, $"{found} hits, {hits} expected");
        }

        double seconds = clock.Elapsed.TotalSeconds;
        await association.ReleaseAsync();
        return (count, seconds);
    }

    private static async Task<(int Operations, double Seconds)> EchoAsync(Candidate server, int count)
    {
        await using ClientAssociation association = await server.ConnectAsync([(DicomUids.Verification, Plain)]);
        Stopwatch clock = Stopwatch.StartNew();
        for (int i = 0; i < count; i++)
        {
            Demand((await association.EchoAsync()).IsSuccess, server, "C-ECHO");
        }

        double seconds = clock.Elapsed.TotalSeconds;
        await association.ReleaseAsync();
        return (count, seconds);
    }

    private static async Task<(int Operations, double Seconds)> MoveAsync(Candidate server, string destination)
    {
        await using ClientAssociation association = await server.ConnectAsync([(StudyMove, Plain)]);
        CommandSet command = new() { Field = CommandField.CMoveRequest, AffectedSopClassUid = StudyMove, Priority = Priority.Medium, MoveDestination = destination };
        return await RetrieveAsync(server, association, command);
    }

    private static async Task<(int Operations, double Seconds)> GetAsync(Candidate server)
    {
        DroppingHandler handler = new();
        await using ClientAssociation association = await server.ConnectAsync(
            [(StudyGet, Plain), (SyntheticInstance.CtImageStorage, Plain)], [new RoleSelection(SyntheticInstance.CtImageStorage, Scu: false, Scp: true)], handler);
        CommandSet command = new() { Field = CommandField.CGetRequest, AffectedSopClassUid = StudyGet, Priority = Priority.Medium };
        (int Operations, double Seconds) result = await RetrieveAsync(server, association, command);
        Demand(handler.Stored == Slices, server, $"{handler.Stored} slices came");
        return result;
    }

    private static async Task<(int Operations, double Seconds)> RetrieveAsync(Candidate server, ClientAssociation association, CommandSet command)
    {
        byte[] identifier = Identifiers.Of([(0x0008, 0x0052, "CS", "STUDY"), (0x0020, 0x000D, "UI", SlicesStudy)]);
        PresentationContext context = association.Association.FindContext(command.AffectedSopClassUid!)!;
        Stopwatch clock = Stopwatch.StartNew();
        DimseResponse? last = null;
        await foreach (DimseResponse response in association.StreamAsync(context, command, DataSetSource.From(identifier)))
        {
            last = response;
        }

        double seconds = clock.Elapsed.TotalSeconds;
        Demand(last is { Status.IsSuccess: true, SubOperations.Completed: Slices }, server, last);
        await association.ReleaseAsync();
        return (Slices, seconds);
    }

    private static async Task<(int Operations, double Seconds)> GetscuAsync(Candidate server)
    {
        using TemporaryFolder folder = new("edge-getscu-");
        Stopwatch clock = Stopwatch.StartNew();
        ToolResult result = await Tool.RunAsync(
            "getscu", "-S", "-B", "+xe", "-aec", "ORTHANC", "-aet", Candidate.CallingAet, "-od", folder.Path, "-k", "0008,0052=STUDY", "-k", "0020,000D=" + SlicesStudy, "127.0.0.1", server.DicomPort.ToString(CultureInfo.InvariantCulture));
        double seconds = clock.Elapsed.TotalSeconds;
        Demand(result.ExitCode == 0 && Directory.GetFiles(folder.Path).Length == Slices, server, result.Error);
        return (Slices, seconds);
    }

    private static async Task<(int Operations, double Seconds)> StoreAsync(Candidate server, Sinks sinks, string destination)
    {
        string study = (string)(await server.PostAsync("/tools/lookup", SlicesStudy))[0]!["ID"]!;
        long before = sinks.Direct.Stored;
        Stopwatch clock = Stopwatch.StartNew();
        JsonNode answer = await server.PostAsync($"/modalities/{destination}/store", study);
        double seconds = clock.Elapsed.TotalSeconds;
        Demand((int)answer["InstancesCount"]! == Slices && (int)answer["FailedInstancesCount"]! == 0, server, answer);
        Demand(destination != "sink" || sinks.Direct.Stored - before == Slices, server, $"{sinks.Direct.Stored - before} slices came");
        return (Slices, seconds);
    }

    private static void Demand(bool condition, Candidate server, object? what)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"{server.Name}: {what}");
        }
    }
}
