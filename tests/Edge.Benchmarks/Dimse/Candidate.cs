using System.Globalization;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scp;
using Edge.Dimse.Scu;
using Edge.TestKit.Server;

namespace Edge.Benchmarks.Dimse;

/// <summary>A server that is measured: ours, or Orthanc.</summary>
internal sealed class Candidate(string name, HttpClient http, int port, Func<int> process, IAsyncDisposable server) : IAsyncDisposable
{
    public const string CallingAet = "BENCH";

    public string Name => name;

    public HttpClient Http => http;

    public int DicomPort => port;

    public int ProcessId => process();

    public static async Task<Candidate> OursAsync(JsonObject modalities)
    {
        EdgeServer server = new(configuration => configuration["DicomModalities"] = modalities);
        await server.StartAsync();
        return new Candidate("ours", server.Http, server.DicomPort, () => server.ProcessId, server);
    }

    public static async Task<Candidate> OrthancAsync(bool helped, JsonObject modalities)
    {
        OrthancServer server = new(configuration =>
        {
            configuration["DicomModalities"] = modalities;
            configuration["DicomAlwaysAllowGet"] = true;
        });
        await server.StartAsync(helped);
        return new Candidate(helped ? "helped" : "Orthanc", server.Http, server.DicomPort, () => server.ProcessId, server);
    }

    public async Task UploadAsync(IEnumerable<byte[]> files) =>
        await Parallel.ForEachAsync(files, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (file, cancellation) =>
        {
            using HttpResponseMessage answer = await http.PostAsync("/instances", new ByteArrayContent(file), cancellation);
            answer.EnsureSuccessStatusCode();
        });

    public async Task<JsonNode> PostAsync(string path, string body)
    {
        using HttpResponseMessage answer = await http.PostAsync(path, new StringContent(body));
        string text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? JsonNode.Parse(text)! : throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{name}: POST {path}: {(int)answer.StatusCode} {text}"));
    }

    /// <summary>An association of a client that never waits with what it has to send; its kernel acknowledges as it does by itself, as with other makers' clients.</summary>
    public ValueTask<ClientAssociation> ConnectAsync(IReadOnlyList<(string, IReadOnlyList<string>)> contexts, IReadOnlyList<RoleSelection>? roles = null, IDimseHandler? handler = null) => DicomClient.ConnectAsync(new DicomClientOptions
    {
        Host = "127.0.0.1",
        Port = port,
        CalledAeTitle = "ORTHANC",
        CallingAeTitle = CallingAet,
        Contexts = ProposedContexts.Number(contexts),
        Roles = roles ?? [],
        Handler = handler,
        ResponseTimeout = TimeSpan.FromMinutes(5),
        Transport = static (socket, _) => ValueTask.FromResult<Stream>(new NetworkStream(socket, ownsSocket: true)),
    });

    public ValueTask DisposeAsync() => server.DisposeAsync();
}
