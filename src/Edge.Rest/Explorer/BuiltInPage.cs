using Edge.Core.Options;
using Edge.Rest.Hosting;

namespace Edge.Rest.Explorer;

/// <summary>
/// The built-in page, its files embedded in the binary. It asks nothing of any other host, and its policy says so: scripts, styles and
/// pictures come from this server alone, nothing is inline, no other site may frame it.
/// </summary>
public sealed class BuiltInPage(HttpOptions options)
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private static readonly (string Path, string File, string ContentType)[] Files =
    [
        ("explorer.html", "explorer.html", "text/html; charset=utf-8"),
        ("explorer.css", "explorer.css", "text/css; charset=utf-8"),
        ("explorer.js", "explorer.js", "text/javascript; charset=utf-8"),
        ("images/favicon.svg", "images.favicon.svg", "image/svg+xml"),
    ];

    public Route[] Routes() => options.OrthancExplorerEnabled ? Pages() : [];

    private static Route[] Pages() =>
    [
        new("GET", "/", static request => request.Redirect("app/explorer.html"), "Redirect to the built-in page"),
        new("GET", "/favicon.ico", static request => request.Redirect("app/images/favicon.svg"), "Redirect to the icon"),
        new("GET", "/app/{path}", FileAsync, "Files of the built-in page"),
    ];

    private static ValueTask FileAsync(RestRequest request)
    {
        foreach ((string path, string file, string contentType) in Files)
        {
            if (path == request.Param(0))
            {
                request.SetHeader("Content-Security-Policy", Policy);
                request.SetHeader("Referrer-Policy", "no-referrer");
                request.SetHeader("Cache-Control", "no-cache");
                return request.Bytes((ReadOnlyMemory<byte>)Read(file), contentType);
            }
        }

        return request.Decline();
    }

    /// <summary>Read anew each time: pages are asked for seldom, and the bytes lie in the binary already.</summary>
    private static byte[] Read(string file)
    {
        using Stream content = typeof(BuiltInPage).Assembly.GetManifestResourceStream("explorer." + file)
            ?? throw new InvalidOperationException($"{file} is not in the assembly");
        byte[] bytes = new byte[content.Length];
        content.ReadExactly(bytes);
        return bytes;
    }
}
