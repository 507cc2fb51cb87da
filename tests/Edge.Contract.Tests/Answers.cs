using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>One answer, read whole.</summary>
internal sealed record Answer(HttpStatusCode Status, string Body, byte[] Bytes, string? ContentType, string? ETag, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders)
{
    public JsonNode Json => JsonNode.Parse(Body)!;

    /// <summary>Demands Orthanc's error of this status and code.</summary>
    public void IsError(int status, int code)
    {
        Assert.Equal(status, (int)Status);
        Assert.Equal(code, (int?)Json["OrthancStatus"]);
    }

    /// <summary>Demands this status and no body.</summary>
    public void IsEmpty(int status)
    {
        Assert.Equal(status, (int)Status);
        Assert.Empty(Bytes);
    }
}

/// <summary>Short ways to ask.</summary>
internal static class Asking
{
    public static async Task<Answer> AskAsync(this EdgeServer server, string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new StringContent(body);
        }

        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage answer = await server.Http.SendAsync(request);
        byte[] bytes = await answer.Content.ReadAsByteArrayAsync();
        string? tag = answer.Headers.TryGetValues("ETag", out IEnumerable<string>? tags) ? tags.First() : null;
        return new Answer(answer.StatusCode, System.Text.Encoding.UTF8.GetString(bytes), bytes, answer.Content.Headers.ContentType?.ToString(), tag, answer.Headers, answer.Content.Headers);
    }

    /// <summary>Uploads a sample; the answer's identifiers.</summary>
    public static async Task<(string Patient, string Study, string Series, string Instance)> StoreAsync(this EdgeServer server, SyntheticInstance sample)
    {
        JsonNode stored = await server.UploadAsync(sample.ToFile());
        return ((string)stored["ParentPatient"]!, (string)stored["ParentStudy"]!, (string)stored["ParentSeries"]!, (string)stored["ID"]!);
    }

    public static string[] Strings(this JsonNode array) => [.. array.AsArray().Select(node => (string)node!)];

    public static string Md5(string text) => Convert.ToHexStringLower(System.Security.Cryptography.MD5.HashData(System.Text.Encoding.UTF8.GetBytes(text)));
}
