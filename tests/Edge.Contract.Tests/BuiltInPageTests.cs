using System.Net;
using System.Text.RegularExpressions;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>The page in the binary.</summary>
public sealed partial class BuiltInPageTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly EdgeServer _server = shared.Server;

    [Fact]
    public async Task TheRootLeadsToThePage()
    {
        Answer root = await _server.AskAsync("GET", "/");
        Assert.Equal(HttpStatusCode.TemporaryRedirect, root.Status);
        Assert.Equal("app/explorer.html", root.Headers.Location!.ToString());
        Assert.Empty(root.Bytes);
        Assert.Equal("app/images/favicon.svg", (await _server.AskAsync("GET", "/favicon.ico")).Headers.Location!.ToString());
        (await _server.AskAsync("POST", "/", "x")).IsEmpty(405);
        (await _server.AskAsync("GET", "/app/nope")).IsEmpty(404);
        (await _server.AskAsync("GET", "/app/../explorer.html")).IsError(404, 17);
        (await _server.AskAsync("GET", "/app/images%2ffavicon.svg%00")).IsEmpty(400);
    }

    [Fact]
    public async Task WhatThePageNamesIsServedUnderItsOwnPolicy()
    {
        Answer page = await _server.AskAsync("GET", "/app/explorer.html");
        Assert.Equal("text/html; charset=utf-8", page.ContentType);
        string[] named = [.. Reference().Matches(page.Body).Select(static match => match.Groups[1].Value).Where(static name => !name.StartsWith('#')).Distinct()];
        Assert.Equal(3, named.Length);
        foreach (string name in named)
        {
            Answer file = await _server.AskAsync("GET", "/app/" + name);
            Assert.Equal(HttpStatusCode.OK, file.Status);
            Assert.Contains("default-src 'none'", file.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
            Assert.DoesNotContain("http://", file.Body.Replace("http://www.w3.org/2000/svg", ""), StringComparison.Ordinal);
            Assert.DoesNotContain("https://", file.Body, StringComparison.Ordinal);
        }

        // The policy forbids what is inline; text of DICOM files must never become markup.
        Assert.DoesNotContain("style=", page.Body, StringComparison.Ordinal);
        Assert.DoesNotMatch("<script(?! src)", page.Body);
        string script = (await _server.AskAsync("GET", "/app/explorer.js")).Body;
        Assert.DoesNotContain("innerHTML", script, StringComparison.Ordinal);
        Assert.DoesNotContain("insertAdjacentHTML", script, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ItCanBeSwitchedOff()
    {
        await using EdgeServer server = await EdgeServer.StartNewAsync(static configuration => configuration["OrthancExplorerEnabled"] = false);
        (await server.AskAsync("GET", "/app/explorer.html")).IsError(404, 17);
        Assert.NotEqual(HttpStatusCode.TemporaryRedirect, (await server.AskAsync("GET", "/")).Status);
    }

    [GeneratedRegex("(?:href|src)=\"([^\"]*)\"")]
    private static partial Regex Reference();
}
