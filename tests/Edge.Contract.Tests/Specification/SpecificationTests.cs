using System.Net;
using System.Text.RegularExpressions;
using Edge.TestKit;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests.Specification;

/// <summary>Every operation of Orthanc 1.12.11, driven; which of them are served is what the server itself says.</summary>
public sealed partial class SpecificationTests(OperationServer at) : IClassFixture<OperationServer>
{
    private readonly EdgeServer _server = at.Server;

    /// <summary>Those that need more than a good request: they work on jobs that must be in a certain state.</summary>
    private static readonly string[] OfAnotherState =
        ["POST /jobs/{}/cancel", "POST /jobs/{}/pause", "POST /jobs/{}/resume", "POST /jobs/{}/resubmit", "DELETE /jobs/{}", "GET /jobs/{}/{}", "DELETE /jobs/{}/{}"];

    [Fact]
    public void TheDocumentSaysWhatTheServerServes()
    {
        Dictionary<string, string> documented = [];
        foreach (string line in File.ReadLines(Path.Combine(RepositoryPaths.Root, "docs/routes.md")))
        {
            if (Row().Match(line) is { Success: true } row)
            {
                documented[$"{row.Groups["method"].Value} {Operation.Shape(row.Groups["path"].Value)}"] = row.Groups["status"].Value;
            }
        }

        Assert.Equal(299, Operation.All.Length);
        foreach (Operation operation in Operation.All)
        {
            Assert.True(documented[operation.Key].StartsWith("served", StringComparison.Ordinal) == at.Served.Contains(operation.Key), $"docs/routes.md on {operation.Key}: {documented[operation.Key]}");
        }

        // Beyond the specification: each is documented, and each that is documented is served.
        Assert.DoesNotContain(at.Served, key => !documented.ContainsKey(key));
        Assert.DoesNotContain(documented, row => row.Value.StartsWith('`') && row.Key != "GET /metrics" && !at.Served.Contains(row.Key)); // /metrics is on the listener of its own alone
    }

    [Fact]
    public async Task EveryOperationIsServedOrNotAsTheTableSays()
    {
        List<string> wrong = [];
        foreach (Operation operation in Operation.All.Where(static operation => operation.Key is not ("POST /tools/shutdown" or "POST /tools/reset")).OrderBy(static operation => operation.Path.StartsWith("/queries", StringComparison.Ordinal) && operation.Method == "DELETE"))
        {
            await at.PrepareAsync();
            if (NeedsRemote(operation))
            {
                await at.PrepareRemoteAsync();
            }

            Case happy = HappyCases.Of(operation, at);
            using HttpResponseMessage answer = await SendAsync(operation.Method, happy.Path, happy.Body);
            int status = (int)answer.StatusCode;
            if (at.Served.Contains(operation.Key))
            {
                bool right = status == happy.Status || (OfAnotherState.Contains(operation.Key) && status is not (405 or >= 500));
                if (!right)
                {
                    wrong.Add($"{operation.Key} is served, but {happy.Path} answers {status}, not {happy.Status}: {await answer.Content.ReadAsStringAsync()}");
                }
            }
            else if (operation.Method == "GET" ? !(status is 404 || await ListsNamesAsync(answer)) : status is not (404 or 405))
            {
                wrong.Add($"{operation.Key} is not served, but answers {status}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task UnknownIdentifiersAreRefusedByEveryOperation()
    {
        await at.PrepareAsync();
        await at.PrepareRemoteAsync();
        List<string> wrong = [];
        foreach (Operation operation in Operation.All.Where(operation => at.Served.Contains(operation.Key) && operation.Path.Contains("{id}", StringComparison.Ordinal)))
        {
            if (operation.Key is "PUT /modalities/{}" or "PUT /peers/{}")
            {
                continue; // makes what it names
            }

            string path = Regex.Replace(HappyCases.Of(operation, at).Path, "^/([a-z-]+)/[^/]*", "/$1/no-such-thing");
            using HttpResponseMessage answer = await SendAsync(operation.Method, path, HappyCases.Body(operation, at));
            int status = (int)answer.StatusCode;
            bool right = operation.Key switch
            {
                "DELETE /queries/{}" => status == 200, // nothing is left of it, as was asked
                _ when operation.Path.EndsWith("/protected", StringComparison.Ordinal) => status == 400,
                _ when operation.Method == "POST" => status is 400 or 404,
                _ => status == 404,
            };
            if (!right)
            {
                wrong.Add($"{operation.Key}: {path} answers {status}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task OtherMethodsAreRefusedWithTheOnesThatAreServed()
    {
        await at.PrepareAsync();
        await at.PrepareRemoteAsync();
        string[] verbs = ["GET", "POST", "PUT", "DELETE"];
        List<string> wrong = [];
        foreach (IGrouping<string, Operation> path in Operation.All.Where(operation => at.Served.Contains(operation.Key)).GroupBy(static operation => Operation.Shape(operation.Path)))
        {
            // A name may be served by the routes that have a parameter in its place, too.
            HashSet<string> served = [.. verbs.Where(verb => at.Served.Any(key => IsMet(key, $"{verb} {path.Key}")))];
            if (at.Served.Any(key => key.Contains($" {path.Key}/", StringComparison.Ordinal)) && !served.Contains("GET"))
            {
                served.Add("GET"); // lists the names below
            }

            foreach (string verb in verbs.Where(verb => !served.Contains(verb)))
            {
                using HttpResponseMessage answer = await SendAsync(verb, HappyCases.Of(path.First(), at).Path, null);
                string allowed = string.Join(',', answer.Content.Headers.Allow);
                if (answer.StatusCode != HttpStatusCode.MethodNotAllowed || !allowed.Split(',').ToHashSet().SetEquals(served))
                {
                    wrong.Add($"{verb} {path.Key}: {(int)answer.StatusCode}, allowed {allowed}");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static bool IsMet(string shape, string key) =>
        System.Text.RegularExpressions.Regex.IsMatch(key, "^" + System.Text.RegularExpressions.Regex.Escape(shape).Replace("\\{}", "[^/]+", StringComparison.Ordinal) + "$");

    [Fact]
    public async Task TheServerCanBeResetAndShutDown()
    {
        await using EdgeServer own = await EdgeServer.StartNewAsync();
        Assert.Equal(HttpStatusCode.OK, (await own.AskAsync("POST", "/tools/reset", "")).Status);
        for (int i = 0; i < 4800; i++)
        {
            try
            {
                Assert.Equal(HttpStatusCode.OK, (await own.AskAsync("POST", "/tools/shutdown", "")).Status);
                break;
            }
            catch (HttpRequestException) when (i < 4799)
            {
                await Task.Delay(25);
            }
        }

        await own.WaitForExitAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(0, own.ExitCode);
    }

    private static bool NeedsRemote(Operation operation) => operation.Path.StartsWith("/queries/", StringComparison.Ordinal) || operation.Path.StartsWith("/storage-commitment/", StringComparison.Ordinal) || operation.Path.StartsWith("/jobs/", StringComparison.Ordinal);

    private static async Task<bool> ListsNamesAsync(HttpResponseMessage answer) =>
        answer.StatusCode == HttpStatusCode.OK && (await answer.Content.ReadAsStringAsync()).StartsWith('[');

    private Task<HttpResponseMessage> SendAsync(string method, string path, byte[]? body) =>
        _server.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : new ByteArrayContent(body) });

    [GeneratedRegex("""^\| `(?<method>[A-Z]+) (?<path>/[^`]*)` \| (?<status>[^|]*?) ?\|""")]
    private static partial Regex Row();
}
