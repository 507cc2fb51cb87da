using System.Reflection;
using System.Runtime.InteropServices;

namespace Edge.Server.Commands;

/// <summary>A library linked into the program.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Asks the library itself for its version.</param>
public sealed record LinkedLibrary(string Name, Func<string> Version);

/// <summary><c>version</c>: ours, what we are compatible with, and what is linked in.</summary>
internal static class VersionCommand
{
    /// <summary>The version of Orthanc whose REST API is served, as in <c>/system</c>.</summary>
    public const string OrthancVersion = "1.12.11";

    public static Command Create(IReadOnlyList<LinkedLibrary> libraries) =>
        new("version", "", "show the version, and those of the linked libraries", context => Run(context, libraries));

    /// <summary>The version and, if the build knew it, the commit.</summary>
    public static (string Version, string? Commit) Own()
    {
        string text = typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
        int plus = text.IndexOf('+');
        return plus < 0 ? (text, null) : (text[..plus], text[(plus + 1)..]);
    }

    private static Task<int> Run(CommandContext context, IReadOnlyList<LinkedLibrary> libraries)
    {
        (string version, string? commit) = Own();
        context.Output.WriteLine($"edge-dicom {version}{(commit is null ? "" : $" ({commit[..Math.Min(12, commit.Length)]})")}");
        context.Output.WriteLine($"REST API of Orthanc {OrthancVersion}");
        context.Output.WriteLine($"{RuntimeInformation.FrameworkDescription} {RuntimeInformation.RuntimeIdentifier}");
        foreach (LinkedLibrary library in libraries)
        {
            context.Output.WriteLine($"{library.Name} {Version(library)}");
        }

        return Task.FromResult(ExitCode.Success);
    }

    // A run under JIT may lack a library that the published binary has in it; that is an answer too.
    private static string Version(LinkedLibrary library)
    {
        try
        {
            return library.Version();
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return "not linked";
        }
    }
}
