using System.Net;
using Edge.Core.Options;
using Edge.Dimse.Scp;
using Edge.Engine.Runtime;
using DicomServerOptions = Edge.Core.Options.DicomServerOptions;

namespace Edge.Services.Scp;

/// <summary>What the modalities of the configuration say about a peer (Orthanc's rules on titles, hosts and permissions).</summary>
public sealed class KnownPeers(DicomServerOptions options, RuntimeSettings settings)
{
    /// <summary>Whether two AE titles are the same: trailing spaces do not count, case neither unless <c>StrictAetComparison</c>.</summary>
    public bool SameTitle(string left, string right) =>
        string.Equals(left.TrimEnd(' '), right.TrimEnd(' '), options.StrictAetComparison ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a peer may open an association at all.</summary>
    public bool MayAssociate(string callingAeTitle, IPAddress? address) =>
        options.DicomAlwaysAllowEcho || options.DicomAlwaysAllowStore || options.DicomAlwaysAllowFind || options.DicomAlwaysAllowFindWorklist
        || options.DicomAlwaysAllowGet || options.DicomAlwaysAllowMove || Entries(callingAeTitle).Any(entry => !options.DicomCheckModalityHost || IsHost(entry, address));

    /// <summary>
    /// Whether a peer may invoke an operation: always, by option; else by the flag of its entry. Where several entries have its
    /// title, the host decides which one counts if hosts are checked, else the flag must be set in all.
    /// </summary>
    public bool IsAllowed(bool always, Func<ModalityOptions, bool> flag, string callingAeTitle, IPAddress? address)
    {
        if (always)
        {
            return true;
        }

        ModalityOptions[] entries = [.. Entries(callingAeTitle)];
        if (entries.Length == 0)
        {
            return false;
        }

        return options.DicomCheckModalityHost
            ? entries.Any(entry => IsHost(entry, address) && flag(entry))
            : entries.All(flag);
    }

    /// <summary>Why <see cref="MayAssociate"/> and <see cref="IsAllowed"/> do not take a peer for a modality: its title or its host.</summary>
    public string WhyUnknown(string callingAeTitle, IPAddress? address)
    {
        string[] hosts = [.. Entries(callingAeTitle).Select(static entry => entry.Host).Distinct()];
        return hosts.Length == 0
            ? "no entry of DicomModalities has its AE title"
            : $"DicomModalities has its AE title at {string.Join(", ", hosts)}, not at {(address is null ? "its address" : TextOf(address))} (DicomCheckModalityHost is true)";
    }

    /// <summary>Why <see cref="IsAllowed"/> is false, and what would make it true.</summary>
    /// <param name="alwaysName">The option that allows it to everybody; empty for none.</param>
    /// <param name="flagName">The member of a modality's entry that allows it.</param>
    public string WhyRefused(string alwaysName, string flagName, string callingAeTitle, IPAddress? address)
    {
        bool isKnown = Entries(callingAeTitle).Any(entry => !options.DicomCheckModalityHost || IsHost(entry, address));
        string why = isKnown ? $"{flagName} is false in its entry of DicomModalities" : WhyUnknown(callingAeTitle, address);
        return alwaysName.Length == 0 ? why : $"{why}, and {alwaysName} is false";
    }

    /// <summary>The modalities known under a title.</summary>
    public IEnumerable<ModalityOptions> Entries(string title) => settings.Modalities.All.Values.Where(entry => SameTitle(entry.Aet, title));

    private static bool IsHost(ModalityOptions entry, IPAddress? address) => address is not null && entry.Host == TextOf(address);

    /// <summary>The address of who asks; empty where it is not known.</summary>
    public static string TextOf(IncomingRequest request) => request.Association.PeerAddress is { } peer ? TextOf(peer.Address) : "";

    /// <summary>The address as it stands in configurations: IPv4 without its mapping into IPv6.</summary>
    public static string TextOf(IPAddress address) => (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
}
